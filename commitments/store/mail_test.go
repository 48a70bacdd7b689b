package store_test

import (
	"sync"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/store"
)

// forMail claims up to ten messages to be sent by e-mail.
func (h *home) forMail(change ...func(*store.MailClaim)) []store.Delivery {
	h.t.Helper()
	c := store.MailClaim{Worker: "post", At: now(), Limit: 10, Lease: lease, Grace: grace, Owed: true}
	for _, f := range change {
		f(&c)
	}
	claimed, err := h.ClaimForMail(h.ctx, c)
	must(h.t, err)
	return claimed
}

// later puts every instant about e-mail into the past, as time passing does.
func (h *home) later(d time.Duration) {
	h.t.Helper()
	h.rewind(d)
	_, err := h.Raw().Exec(h.Raw().Rebind("UPDATE deliveries SET mail_at = mail_at - ?, mailed_at = mailed_at - ?"), d.Microseconds(), d.Microseconds())
	must(h.t, err)
	_, err = h.Raw().Exec(h.Raw().Rebind("UPDATE troubles SET since = since - ?, over_at = over_at - ?"), d.Microseconds(), d.Microseconds())
	must(h.t, err)
	_, err = h.Raw().Exec(h.Raw().Rebind("UPDATE notices SET next_at = next_at - ?"), d.Microseconds())
	must(h.t, err)
}

func TestWhatIsMailedIsSentOnceAndNeverToSlack(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		if n := len(h.forMail(func(c *store.MailClaim) { c.Owed = false })); n != 0 {
			t.Fatalf("%d for e-mail, though Slack takes messages", n)
		}
		mine := h.forMail()
		if len(mine) != 1 || len(h.forMail()) != 0 || len(h.claim("slack")) != 0 {
			t.Fatalf("claimed %+v", mine)
		}
		to, told, err := h.MailTo(h.ctx, &mine[0])
		if err != nil || told || to.Name != "Ada" {
			t.Errorf("it goes to %+v, told %t: %v", to, told, err)
		}
		must(t, h.IntendMail(h.ctx, &mine[0], lease))
		must(t, h.RecordSent(h.ctx, &mine[0], "mailto:1", ""))
		h.later(3 * time.Hour)
		if len(h.forMail()) != 0 || len(h.claim("slack")) != 0 || h.delivery().State != store.Sent {
			t.Errorf("claimed again: %+v", h.delivery())
		}
	})
}

// What did not go by e-mail waits for Slack, and for a later e-mail; what may have gone
// is left to e-mail for an hour.
func TestWhatIsNotMailedWaits(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		d := h.forMail()[0]
		must(t, h.IntendMail(h.ctx, &d, lease))
		must(t, h.MailFailed(h.ctx, &d, store.MailFailure{After: time.Hour, Class: "mail-refused", Message: "550"}))
		if d := h.delivery(); d.State != store.Blocked || d.MailedAt != 0 || d.ErrorClass != "mail-refused" || d.Attempt != 0 {
			t.Errorf("after a refusal %+v", d)
		}
		if n := len(h.forMail()); n != 0 {
			t.Errorf("%d for e-mail before their time", n)
		}
		d = h.claim("slack")[0]
		must(t, h.RecordFailure(h.ctx, &d, store.Failure{State: store.Blocked}))
		h.later(2 * time.Hour)
		d = h.forMail()[0]
		must(t, h.IntendMail(h.ctx, &d, lease))
		must(t, h.MailFailed(h.ctx, &d, store.MailFailure{Mailed: true, After: grace}))
		if d := h.delivery(); d.State != store.Uncertain || d.MailedAt == 0 || d.Ambiguous {
			t.Errorf("after no answer %+v", d)
		}
		h.later(2 * grace)
		if n := len(h.claim("slack")); n != 0 {
			t.Errorf("Slack was given what may have been mailed")
		}
		again := h.forMail(func(c *store.MailClaim) { c.Owed = false }) // though Slack takes messages again
		if len(again) != 1 {
			t.Fatal("what may have been mailed is not mailed again")
		}
		must(t, h.MailFailed(h.ctx, &again[0], store.MailFailure{Mailed: true}))
		h.later(2 * time.Hour)
		if n := len(h.claim("slack")); n != 1 {
			t.Error("what e-mail could not settle in an hour is lost")
		}
	})
}

// A process that dies with an e-mail in hand leaves it to the next, not to Slack.
func TestWhatMayHaveBeenMailedWhenAProcessDied(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		d := h.forMail()[0]
		must(t, h.IntendMail(h.ctx, &d, lease))
		h.later(2 * lease)
		if n := len(h.claim("slack")); n != 0 {
			t.Error("Slack was given what may have been mailed")
		}
		if next := h.forMail(func(c *store.MailClaim) { c.Owed = false }); len(next) != 1 || next[0].MailedAt == 0 || next[0].Fence <= d.Fence {
			t.Errorf("e-mail was given %+v", next)
		}
	})
}

func TestWhatSlackMayHaveIsLeftToItForAWhile(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		d := h.claim("slack")[0]
		must(t, h.Intend(h.ctx, &d, "{}", "D1", lease))
		doubtful := func(c *store.MailClaim) { c.Doubtful = time.Hour }
		for _, step := range []struct {
			pass          time.Duration
			plain, doubts int
		}{{0, 0, 0}, {50 * time.Minute, 0, 0}, {20 * time.Minute, 0, 1}} {
			h.later(step.pass)
			if n := len(h.forMail()); n != step.plain {
				t.Errorf("%d claimed after %s more", n, step.pass)
			}
			if n := len(h.forMail(doubtful)); n != step.doubts {
				t.Errorf("%d claimed after %s more, doubtful ones too", n, step.pass)
			}
		}
		h.later(2 * lease)
		d = h.forMail(doubtful)[0]
		must(t, h.MailFailed(h.ctx, &d, store.MailFailure{}))
		if d := h.delivery(); d.State != store.Uncertain || !d.Ambiguous || d.Place != "D1" {
			t.Errorf("what Slack may have is forgotten: %+v", d)
		}
	})
}

func TestATroubleIsOneForAllAndToldOnce(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("Bob", commitments.Admin)
		h.person("Eve", commitments.Lead)
		must(t, h.TroubleMet(h.ctx, "slack-blocked", "token_revoked", ""))
		must(t, h.TroubleMet(h.ctx, "slack-blocked", "invalid_auth", "text"))
		now, _, err := h.Trouble(h.ctx)
		if err != nil || now.Code != "invalid_auth" || h.rows("troubles") != 1 {
			t.Fatalf("%+v: %v", now, err)
		}
		if told := h.told(15 * time.Minute); len(told) != 0 {
			t.Errorf("told too early: %v", told)
		}
		h.later(20 * time.Minute)
		if _, lasted, err := h.Trouble(h.ctx); err != nil || lasted < 20*time.Minute || lasted > 21*time.Minute {
			t.Errorf("it has lasted %s: %v", lasted, err)
		}
		if told := h.told(15 * time.Minute); len(told) != 2 || told["Ada began"] != 1 || told["Bob began"] != 1 {
			t.Errorf("told %v", told)
		}
		h.later(time.Hour)
		if told := h.told(15 * time.Minute); len(told) != 0 {
			t.Errorf("told again: %v", told)
		}
		h.person("Cid", commitments.Admin)
		must(t, h.TroubleOver(h.ctx))
		if told := h.told(15 * time.Minute); len(told) != 2 || told["Ada over"] != 1 || told["Bob over"] != 1 {
			t.Errorf("told of the end: %v", told)
		}
		if now, _, err := h.Trouble(h.ctx); err != nil || now.ID != 0 {
			t.Errorf("it is not over: %+v, %v", now, err)
		}
		must(t, h.TroubleMet(h.ctx, "slack-blocked", "token_revoked", "")) // the next one is short
		must(t, h.TroubleOver(h.ctx))
		h.later(time.Hour)
		if told := h.told(15 * time.Minute); len(told) != 0 || h.rows("troubles") != 2 {
			t.Errorf("told of a short one: %v", told)
		}
	})
}

// told sends every notice that is owed, from four workers at once.
func (h *home) told(after time.Duration) map[string]int {
	h.t.Helper()
	all, mu, wg := map[string]int{}, sync.Mutex{}, sync.WaitGroup{}
	for range 4 {
		wg.Go(func() {
			for {
				n, owed, err := h.ClaimNotice(h.ctx, after, lease)
				if err != nil {
					h.t.Error(err)
				}
				if err != nil || !owed {
					return
				}
				mu.Lock()
				all[n.To.Name+" "+n.News]++
				mu.Unlock()
				if err := h.NoticeSent(h.ctx, &n); err != nil {
					h.t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return all
}

// A notice that could not be sent is owed again when its lease is over.
func TestANoticeThatIsNotSentIsOwedAgain(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		must(t, h.TroubleMet(h.ctx, "slack-down", "unreachable", ""))
		h.later(time.Hour)
		for _, want := range []bool{true, false} {
			if _, owed, err := h.ClaimNotice(h.ctx, time.Minute, lease); err != nil || owed != want {
				t.Errorf("owed %t, want %t: %v", owed, want, err)
			}
		}
		h.later(2 * lease)
		if told := h.told(time.Minute); len(told) != 1 {
			t.Errorf("told %v", told)
		}
	})
}
