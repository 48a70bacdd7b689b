package web_test

import (
	"strings"
	"testing"

	"kept/commitments/store"
)

// Behind a link to a promise there is a page that tells nobody whether there is one.
func TestE4_TheLinkToAPromiseTellsNothing(t *testing.T) {
	r := newRig(t)
	admin, err := r.store.Actor(t.Context(), "")
	must(t, err)
	added, err := r.store.Add(t.Context(), store.Op{By: admin}, store.NewPromise{Customer: "Acme", Owner: "Ada", Title: "Single sign-on", Promise: "4w", Create: true})
	must(t, err)
	d, err := r.store.Show(t.Context(), admin, string(rune('0'+added.ID)), added.MadeAt)
	must(t, err)
	there, made := r.get("/p/"+d.Key), r.get("/p/NOSUCHPROMISE")
	if there.Code != 200 || made.Code != 200 || strings.ReplaceAll(there.Body.String(), d.Key, "NOSUCHPROMISE") != made.Body.String() {
		t.Errorf("the page of a promise is another than that of none: %d %s, %d %s", there.Code, there.Body, made.Code, made.Body)
	}
	if !strings.Contains(there.Body.String(), "kept show "+d.Key) {
		t.Errorf("the page does not say how to see the promise: %s", there.Body)
	}
	if odd := r.get("/p/%3Cscript%3Ealert(1)"); odd.Code != 200 || strings.Contains(odd.Body.String(), "alert") {
		t.Errorf("an odd link shows %d %s", odd.Code, odd.Body)
	}
}
