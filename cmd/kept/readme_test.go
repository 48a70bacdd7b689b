package main

import (
	"os"
	"strings"
	"testing"
)

func TestReadmeListsTheSettingsOfTheCode(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "<!-- settings -->\n")
	table, _, closed := strings.Cut(rest, "\n<!-- /settings -->")
	if !found || !closed {
		t.Fatal("the README has no settings between <!-- settings --> and <!-- /settings -->")
	}
	if table != settingsTable() {
		t.Errorf("the README's settings are not the code's. They are:\n%s", settingsTable())
	}
}
