package notify_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

const chatUpdate = "chat.update"

// done records what a person did, by the command line or any other door.
func (w *world) done(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) edit() (edited int) {
	w.t.Helper()
	edited, err := w.n.Edit(w.t.Context(), now())
	if err != nil {
		w.t.Fatal(err)
	}
	return edited
}

// edits edits every two seconds for a while, as Tend does.
func (w *world) edits(d time.Duration) (edited int) {
	w.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(2 * time.Second) {
		edited += w.edit()
	}
	return edited
}

// shown is what a message in Slack says by now.
func (w *world) shown(channel string) fakeslack.Message {
	w.t.Helper()
	for _, m := range w.slack.Messages(channel) {
		if m.ThreadTS == "" {
			return m
		}
	}
	w.t.Fatalf("there is no message in %s", channel)
	return fakeslack.Message{}
}

// answers are the messages in the thread of the first message of a channel.
func (w *world) answers(channel string) (said []string) {
	for _, m := range w.slack.Messages(channel) {
		if m.ThreadTS != "" {
			said = append(said, m.Text)
		}
	}
	return said
}

func TestE2_ACardSaysInPlaceWhatCameOfIt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.hire("Ann")
		w.team("Ops", "both", "Ann")
		id := w.promise("Ann", "Acme", "Single sign-on")
		w.noon()
		w.settle(time.Minute)
		before := w.shown("C0OPS")
		_, err := w.store.Deliver(w.t.Context(), store.Op{By: w.boss, Ref: "1"})
		w.done(err)
		if n := w.edits(time.Minute); n != 2 {
			t.Errorf("%d cards were edited", n)
		}
		w.settle(time.Minute)
		for _, channel := range []string{"C0OPS", direct("Ann")} {
			m := w.shown(channel)
			if !strings.Contains(string(m.Blocks), "✓ Boss delivered it") || !strings.Contains(string(m.Blocks), "We let them down") || m.Edits != 1 {
				t.Errorf("promise %d is shown in %s as %s, after %d edits", id, channel, m.Blocks, m.Edits)
			}
			if got := w.answers(channel); len(got) != 1 || got[0] != "Boss delivered it." {
				t.Errorf("in its thread in %s: %q", channel, got)
			}
		}
		if after := w.shown("C0OPS"); after.TS != before.TS || after.Payload("key") != before.Payload("key") {
			t.Errorf("it is another message: %+v, before %+v", after, before)
		}
		if n := w.edits(time.Minute); n != 0 {
			t.Errorf("%d cards were edited though nothing had changed", n)
		}
	})
}

// ended has somebody deliver what the only card is about.
func (w *world) ended() {
	w.t.Helper()
	_, err := w.store.Deliver(w.t.Context(), store.Op{By: w.boss, Ref: "1"})
	w.done(err)
}

// during lets something happen, once, while Slack is asked by a method, before it hears of it.
func (w *world) during(method string, happens func()) {
	inner := w.cfg.Transport
	var armed atomic.Bool
	armed.Store(true)
	w.cfg.Transport = tripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, method) && armed.CompareAndSwap(true, false) {
			happens()
		}
		return inner.RoundTrip(r)
	})
	w.restart()
}

// A card that cannot be edited stays as it is, and nobody asks again.
func TestE2_ACardThatTakesNoEditsIsLeftAlone(t *testing.T) {
	for _, code := range []string{"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive", "channel_not_found", "is_archived", "block_mismatch", "invalid_blocks"} {
		inWorld(t, func(w *world) {
			w.owe("Ann")
			w.settle(time.Minute)
			w.ended()
			w.slack.Inject(fakeslack.Fault{Method: chatUpdate, Answer: fakeslack.Error(code)})
			w.edits(10 * time.Minute)
			if n := w.slack.Count(chatUpdate); n != 1 {
				t.Errorf("%s: asked %d times", code, n)
			}
			if since, why := w.n.Trouble(); since != 0 {
				t.Errorf("%s: it counts as trouble: %s", code, why)
			}
		})
	}
}

// What keeps a card from being edited passes, and then it is; nothing is sent anew for it.
func TestE2_AnEditIsTriedUntilItIsThere(t *testing.T) {
	for what, test := range map[string]struct {
		answer fakeslack.Answer
		times  int
		taken  bool          // by Slack, though it does not say so
		quiet  time.Duration // in which it is asked once only
	}{
		"rate limit":   {fakeslack.RateLimited("90"), 1, false, 85 * time.Second},
		"unavailable":  {fakeslack.Status(503), 2, false, 0},
		"reset":        {fakeslack.Reset(), 1, true, 0},
		"odd":          {fakeslack.Error("an_error_of_2031"), 3, false, 0},
		"invalid auth": {fakeslack.Error("invalid_auth"), 1, false, 50 * time.Second},
	} {
		t.Run(what, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.owe("Ann")
				w.settle(time.Minute)
				w.ended()
				w.slack.Inject(fakeslack.Fault{Method: chatUpdate, Times: test.times, Accepted: test.taken, Answer: test.answer})
				w.edits(2 * time.Second)
				w.edits(test.quiet)
				if n := w.slack.Count(chatUpdate); test.quiet > 0 && n != 1 {
					w.t.Errorf("asked %d times in %s", n, test.quiet)
				}
				for range 5 {
					w.deliver() // which knocks where the gate is closed
					w.edits(time.Minute)
				}
				if m := w.shown(direct("Ann")); !strings.Contains(string(m.Blocks), "delivered it") {
					w.t.Errorf("the card still says %s", m.Blocks)
				}
				w.settle(time.Minute)
				w.onceEach()
				n := w.slack.Count(chatUpdate)
				w.edits(20 * time.Minute)
				if again := w.slack.Count(chatUpdate); again != n {
					w.t.Errorf("asked %d times more though it was done", again-n)
				}
			})
		})
	}
}

// What happens while a card is being edited is edited as well.
func TestE2_AChangeDuringAnEditIsNotLost(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.settle(time.Minute)
		_, err := w.store.CheckIn(w.t.Context(), store.Op{By: w.boss, Ref: "1"}, store.CheckIn{Left: "2"})
		w.done(err)
		w.during(chatUpdate, w.ended)
		w.edits(time.Minute)
		m := w.shown(direct("Ann"))
		if !strings.Contains(string(m.Blocks), "delivered it") || m.Edits != 2 {
			t.Errorf("after %d edits the card says %s", m.Edits, m.Blocks)
		}
	})
}

// A card that is on its way when its promise changes is edited once it is there: also one of
// which Slack did not say that it has it.
func TestE2_AChangeDuringThePostIsNotLost(t *testing.T) {
	for what, fault := range map[string]*fakeslack.Fault{
		"answered": nil, "lost": {Method: post, Times: 1, Accepted: true, Answer: fakeslack.Reset()},
	} {
		inWorld(t, func(w *world) {
			w.owe("Ann")
			if fault != nil {
				w.slack.Inject(*fault)
			}
			w.during(post, w.ended)
			w.settle(20 * time.Minute)
			w.edits(time.Minute)
			if m := w.shown(direct("Ann")); !strings.Contains(string(m.Blocks), "delivered it") {
				t.Errorf("%s: the card says %s", what, m.Blocks)
			}
			w.onceEach()
		})
	}
}

// Two processes edit a card once; one that ends in the middle leaves it to the other.
func TestE2_TwoProcessesEditACardOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann", "Bob", "Cid")
		w.settle(time.Minute)
		for _, ref := range []string{"1", "2", "3"} {
			_, err := w.store.Deliver(w.t.Context(), store.Op{By: w.boss, Ref: ref})
			w.done(err)
		}
		claimed, err := w.store.ClaimEdits(w.t.Context(), 1, time.Minute) // by one that is killed
		w.done(err)
		other, err := notify.New(w.cfg, w.store, slog.New(slog.DiscardHandler))
		w.done(err)
		var both sync.WaitGroup
		for _, n := range []*notify.Notifier{w.n, other} {
			both.Go(func() {
				if _, err := n.Edit(w.t.Context(), now()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if n := w.slack.Count(chatUpdate); n != 2 || len(claimed) != 1 {
			t.Errorf("%d edits while one card was somebody else's (%d)", n, len(claimed))
		}
		w.edits(2 * time.Minute)
		if n := w.slack.Count(chatUpdate); n != 3 {
			t.Errorf("%d edits of three cards", n)
		}
		w.done(w.store.RecordEdit(w.t.Context(), &claimed[0])) // who was killed was only asleep
	})
}

// Many cards in one channel are edited about one a second, and what is to be sent goes first.
func TestE2_EditsKeepAChannelsPace(t *testing.T) {
	inWorld(t, func(w *world) {
		w.hire("Ann")
		w.team("Ops", "channel", "Ann")
		for range 5 {
			w.promiseNow("Ann")
			w.settle(time.Second)
		}
		for _, ref := range []string{"1", "2", "3", "4", "5"} {
			_, err := w.store.CheckIn(w.t.Context(), store.Op{By: w.boss, Ref: ref}, store.CheckIn{Left: "1"})
			w.done(err)
		}
		began := time.Now()
		w.edits(time.Minute)
		calls := w.calls(chatUpdate, "C0OPS")
		if len(calls) != 5 {
			t.Fatalf("%d edits", len(calls))
		}
		for i := 1; i < len(calls); i++ {
			if apart := calls[i].Sub(calls[i-1]); apart < 900*time.Millisecond {
				t.Errorf("two edits %s apart", apart)
			}
		}
		if took := calls[4].Sub(began); took > 30*time.Second {
			t.Errorf("the last edit came after %s", took)
		}
	})
}

// The buttons of a card that was edited are of the promise as it stands, and none is left
// that cannot be pressed any more.
func TestE2_AnEditedCardHasFreshButtons(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.Interactive = true
		w.restart()
		w.owe("Ann")
		w.settle(time.Minute)
		v, err := w.store.Rescue(w.t.Context(), store.Op{By: w.boss, Ref: "1"}, store.RescueStep{Act: "owned"})
		w.done(err)
		before := w.shown(direct("Ann"))
		w.edits(time.Minute)
		after := w.shown(direct("Ann"))
		if !bytes.Contains(before.Blocks, []byte(notify.ActionRescueOwn)) || bytes.Contains(after.Blocks, []byte(notify.ActionRescueOwn)) {
			t.Errorf("own it can be pressed: before %s\nafter %s", before.Blocks, after.Blocks)
		}
		if !bytes.Contains(after.Blocks, []byte(notify.RefTo(&v).String())) || !bytes.Contains(after.Blocks, []byte("✓ Boss owns the rescue since")) {
			t.Errorf("the promise is at %s, and the card says %s", notify.RefTo(&v), after.Blocks)
		}
	})
}

// The card that told of a rescue is answered on until that is closed: a call deals with what
// is overdue, and not with what is owed after it.
func TestE2_ARescuesCardLastsAsLongAsTheRescue(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.Interactive = true
		w.restart()
		w.owe("Ann")
		w.settle(time.Minute)
		for _, step := range []store.RescueStep{{Act: "called", Note: "they were kind"}, {Act: "made-right", What: "a free month"}} {
			_, err := w.store.Rescue(w.t.Context(), store.Op{By: w.boss, Ref: "1"}, step)
			w.done(err)
			if step.Act == "called" { // and delivered, late: its clocks run no longer
				w.ended()
				_, err := w.store.Sweep(w.t.Context(), now())
				w.done(err)
			}
			w.edits(time.Minute)
			if m := w.shown(direct("Ann")); !bytes.Contains(m.Blocks, []byte(notify.ActionMakeRight)) || !bytes.Contains(m.Blocks, []byte(notify.ActionRescueClose)) {
				t.Errorf("after it was %s the card says %s", step.Act, m.Blocks)
			}
		}
		_, err := w.store.Rescue(w.t.Context(), store.Op{By: w.boss, Ref: "1"}, store.RescueStep{Act: "closed", WonBack: new(true)})
		w.done(err)
		w.edits(time.Minute)
		w.settle(time.Minute)
		if m := w.shown(direct("Ann")); bytes.Contains(m.Blocks, []byte(notify.ActionRescueClose)) || bytes.Contains(m.Blocks, []byte("What to say")) || !bytes.Contains(m.Blocks, []byte("✓ Boss closed the rescue")) || !bytes.Contains(m.Blocks, []byte("won back")) {
			t.Errorf("once it is closed the card says %s", m.Blocks)
		}
		if got := w.answers(direct("Ann")); len(got) != 4 {
			t.Errorf("in its thread: %q", got)
		}
	})
}

// A follow-up that Slack may have is looked for in the thread; where there is no card it
// could answer, there is none.
func TestE2_AFollowUpComesOnceOrNotAtAll(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		inWorld(t, func(w *world) {
			w.owe("Ann")
			w.settle(time.Minute)
			w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Accepted: accepted, Answer: fakeslack.Reset()})
			w.ended()
			w.settle(20 * time.Minute)
			w.onceEach()
			if got := w.answers(direct("Ann")); len(got) != 1 || got[0] != "Boss delivered it." {
				t.Errorf("accepted %t: in the thread there is %q", accepted, got)
			}
		})
	}
	inWorld(t, func(w *world) {
		w.owe("Ann")
		_, err := w.store.CheckIn(w.t.Context(), store.Op{By: w.boss, Ref: "1"}, store.CheckIn{Left: "2"})
		w.done(err)
		w.settle(time.Minute)
		w.the() // the card itself, and nothing more
	})
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.settle(time.Minute)
		w.slack.Inject(fakeslack.Fault{Method: post, Answer: fakeslack.Error("thread_not_found")})
		w.ended()
		w.settle(10 * time.Minute)
		if all := w.deliveries(); len(all) != 2 || all[0].State != store.Cancelled || all[0].Kind != "follow-up" {
			t.Errorf("what cannot be answered: %+v", all)
		}
	})
}

// What goes by e-mail can be neither edited nor answered.
func TestE2_WhatWentByMailIsLeftAsItIs(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		m := w.byMail()
		w.cfg.BotToken = ""
		w.restart()
		w.settle(time.Minute)
		w.ended()
		w.settle(time.Minute)
		w.cfg.BotToken = fakeslack.BotToken
		w.restart()
		w.edits(time.Minute)
		w.the()
		if n := w.slack.Count(chatUpdate); n != 0 || len(m.mails()) != 1 {
			t.Errorf("%d edits, %d mails", n, len(m.mails()))
		}
	})
}

// In the fallback channel a card says whom it is for, also once it is edited.
func TestE2_AnEditedCardSaysWhomItIsFor(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.FallbackChannel = "C0FALL"
		w.slack.AddChannel(fakeslack.Channel{ID: "C0FALL", Name: "fall"})
		w.restart()
		w.hire("Ann")
		w.unknown("Ann")
		w.promise("Ann", "Acme", "One")
		w.noon()
		w.settle(time.Minute)
		w.ended()
		w.edits(time.Minute)
		const why = "For Ann, whom Slack does not reach."
		if m := w.shown("C0FALL"); m.Edits != 1 || !strings.HasPrefix(m.Text, why) || !strings.Contains(string(m.Blocks), why) {
			t.Errorf("after %d edits it says %q: %s", m.Edits, m.Text, m.Blocks)
		}
	})
}

// A thread tells what was done in the order in which it was, and a card in a channel where
// something was sent just now is edited by who sent it: there may be nobody else.
func TestE2_AThreadIsInOrderAndItsCardEditedInOneGo(t *testing.T) {
	inWorld(t, func(w *world) {
		w.oweInChannel()
		w.settle(time.Minute)
		for _, left := range []string{"1", "2", "3"} {
			_, err := w.store.CheckIn(w.t.Context(), store.Op{By: w.boss, Ref: "1"}, store.CheckIn{Left: left})
			w.done(err)
		}
		w.deliver()
		if n := w.edit(); n != 1 {
			t.Errorf("%d edits", n)
		}
		got := w.answers("C0OPS")
		if len(got) != 3 || !strings.Contains(got[0], "1 working day ") || !strings.Contains(got[1], "2 working") || !strings.Contains(got[2], "3 working") {
			t.Errorf("the thread tells %q", got)
		}
	})
}
