package notify_test

import (
	"strings"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// leave closes somebody's account in Slack.
func (w *world) leave(name string) {
	w.slack.AddUser(fakeslack.User{ID: "U" + strings.ToUpper(name), Name: name, Email: strings.ToLower(name) + "@example.com", Deleted: true})
}

// TestI70_AnAccountThatIsClosedAfterItWasFoundLosesNoAlert: the process has written to it
// before, and the next alert goes to the team's channel.
func TestI70_AnAccountThatIsClosedAfterItWasFoundLosesNoAlert(t *testing.T) {
	inWorld(t, func(w *world) {
		w.hire("Ann")
		w.team("Ops", "dm", "Ann")
		w.promise("Ann", "Acme", "One")
		w.noon()
		w.settle(time.Minute)
		w.leave("Ann")
		time.Sleep(time.Hour)
		w.promiseNow("Ann")
		w.settle(time.Hour)
		w.onceEach()
		if n, m := len(w.slack.Messages(direct("Ann"))), len(w.slack.Messages("C0OPS")); n != 1 || m != 1 {
			t.Errorf("%d messages to Ann and %d to her team's channel, want one each\n%s", n, m, w.log)
		}
		w.slack.AddUser(fakeslack.User{ID: "UANN", Name: "Ann", Email: "ann@example.com"})
		w.promiseNow("Ann")
		w.settle(time.Hour)
		if n := len(w.slack.Messages(direct("Ann"))); n != 2 {
			t.Errorf("back again, she has %d messages, want 2\n%s", n, w.log)
		}
	})
}

// TestI70_ANewAccountWithTheSameAddressIsFound, unless a person has said who somebody is.
func TestI70_ANewAccountWithTheSameAddressIsFound(t *testing.T) {
	for _, mapped := range []bool{false, true} {
		inWorld(t, func(w *world) {
			w.hire("Ann")
			if mapped {
				if _, err := w.store.EditPerson(w.t.Context(), w.boss, "Ann", store.PersonInput{Slack: new("UANN")}); err != nil {
					t.Fatal(err)
				}
			}
			w.promise("Ann", "Acme", "One")
			w.noon()
			w.settle(time.Minute)
			w.leave("Ann")
			w.slack.AddUser(fakeslack.User{ID: "UANN2", Name: "Ann", Email: "ann@example.com"})
			time.Sleep(time.Hour)
			w.promiseNow("Ann")
			w.pass(time.Hour)
			if n := len(w.slack.Messages(fakeslack.DirectChannel("UANN2"))); (n == 1) == mapped {
				t.Errorf("mapped by hand %t: the new account has %d messages\n%s", mapped, n, w.log)
			}
			if !mapped {
				return
			}
			if _, err := w.store.EditPerson(w.t.Context(), w.boss, "Ann", store.PersonInput{Slack: new("UANN2")}); err != nil {
				t.Fatal(err)
			}
			w.settle(2 * time.Hour)
			w.onceEach()
			if n := len(w.slack.Messages(fakeslack.DirectChannel("UANN2"))); n != 1 {
				t.Errorf("mapped anew, the account has %d messages", n)
			}
		})
	}
}

func TestI70_DoctorLooksAtAccounts(t *testing.T) {
	inWorld(t, func(w *world) {
		w.slack.AddUser(fakeslack.User{ID: "UANN", Name: "ann"})
		w.slack.AddUser(fakeslack.User{ID: "UBOB", Name: "bob", Deleted: true})
		w.slack.AddUser(fakeslack.User{ID: "UCAT", Name: "cat", Guest: true})
		w.slack.AddUser(fakeslack.User{ID: "UDAN", Name: "dan", Bot: true})
		people := []store.Person{{ID: 1, Name: "Ann", SlackUser: "UANN"}, {ID: 2, Name: "Bob", SlackUser: "UBOB"}, {ID: 3, Name: "Cat", SlackUser: "UCAT"},
			{ID: 4, Name: "Dan", SlackUser: "UDAN"}, {ID: 5, Name: "Eve", SlackUser: "UEVE"}, {ID: 6, Name: "Fay"}}
		found := w.n.CheckPeople(w.t.Context(), people)
		want := []notify.Finding{
			{OK: false, What: "Bob's Slack account UBOB is deactivated", Fix: "kept person edit 2 --slack U…"},
			{OK: true, What: "Cat is a guest in Slack"},
			{OK: false, What: "Dan's Slack account UDAN is a bot's", Fix: "kept person edit 4 --slack U…"},
			{OK: false, What: "Slack knows no account UEVE, which is said to be Eve's", Fix: "kept person edit 5 --slack U…"},
		}
		if len(found) != len(want) {
			t.Fatalf("found %+v", found)
		}
		for i, f := range found {
			if f.OK != want[i].OK || !strings.Contains(f.What, want[i].What) || !strings.Contains(f.Fix, want[i].Fix) {
				t.Errorf("found %+v, want %+v", f, want[i])
			}
		}
		w.slack.Inject(fakeslack.Fault{Method: "users.info", Answer: fakeslack.RateLimited("30")})
		before := w.slack.Count("users.info")
		if found = w.n.CheckPeople(w.t.Context(), people); len(found) != 1 || !found[0].OK || !strings.Contains(found[0].What, "5 people were not looked at") || w.slack.Count("users.info") != before+1 {
			t.Errorf("at Slack's limit: %+v", found)
		}
	})
}
