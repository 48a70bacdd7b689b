package slackapp

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"kept/notify"
	"kept/notify/fakeslack"
)

// Slack's tokens are settings: the database, and so its backups, hold none.
func TestX33_TheDatabaseHoldsNoTokenOfSlacks(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	const secret = "signing-secret-of-the-app"
	r.overHTTP(secret)
	r.post(Interactions, signedBy(secret, stamp(), form(t, r.clickOf(olga, notify.ActionStillOn, &v))))
	if got := r.view(v.ID); got.Version == v.Version {
		t.Fatal("nothing was recorded, so nothing is proved")
	}
	files, err := filepath.Glob(r.file + "*")
	r.must(err)
	seen := 0
	for _, name := range files {
		raw, err := os.ReadFile(name)
		r.must(err)
		seen += bytes.Count(raw, []byte("Single sign-on"))
		for _, token := range []string{fakeslack.BotToken, fakeslack.AppToken, secret} {
			if bytes.Contains(raw, []byte(token)) {
				t.Errorf("%s holds %q", filepath.Base(name), token)
			}
		}
	}
	if seen == 0 {
		t.Error("the promise is in none of the files, so they are not the database")
	}
}
