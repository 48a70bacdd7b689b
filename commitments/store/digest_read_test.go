package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

// TestADigestLeavesOutOnlyWhatIsCalm lives through six weeks of whatever may happen to
// promises, and compares each digest, as of then and as of earlier, with one made from
// every promise.
func TestADigestLeavesOutOnlyWhatIsCalm(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		l := life{home: h, rand: rand.New(rand.NewPCG(7, 11)), now: instant("2020-11-02 09:00")}
		mia := h.person("mia", commitments.Manager)
		for i := range customers {
			name := fmt.Sprint("customer ", i)
			_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: &name, Manager: new([]string{"mia", "Ada"}[i%2])})
			must(t, err)
			l.longAgo(name, i)
		}
		told := 0
		for day := range 45 {
			l.day()
			if day%5 == 0 {
				_, err := h.Sweep(h.ctx, l.now)
				must(t, err)
			}
			l.compare("mia", l.now)
			l.compare("mia", l.now.Add(-time.Duration(l.rand.IntN(5*24))*time.Hour))
			l.compare("Ada", l.now.Add(-time.Duration(l.rand.IntN(5*24))*time.Hour))
			l.compare("", l.now.Add(-time.Duration(l.rand.IntN(20*24))*time.Hour))
			if day%7 == 6 && day > 20 {
				week := strconv.Itoa(day)
				state, _, err := h.IssueDigest(h.ctx, store.Person{ID: mia.ID, Name: "mia"}, week, l.now, l.now, false)
				must(t, err)
				if state == store.DigestStored {
					told++
				}
			}
		}
		if told == 0 {
			t.Error("no digest was stored, so none was compared with one before")
		}
	})
}

// customers are so many that some go quiet.
const customers = 60

// life is what happens to promises, day by day.
type life struct {
	*home
	rand *rand.Rand
	now  calendar.Instant
	refs []string
}

// longAgo is what a customer was promised in summer, and for the most part given.
func (l *life) longAgo(customer string, i int) {
	l.t.Helper()
	added, err := l.Add(l.ctx, l.op("", fmt.Sprintf("2020-%02d-03T10:00:00Z", 7+i%3)), store.NewPromise{Customer: customer, Owner: "Ada", Title: "a promise", Promise: "2020-12-24"})
	must(l.t, err)
	if i%4 != 0 {
		_, err = l.Deliver(l.ctx, l.op(strconv.FormatInt(int64(added.ID), 10), "2020-10-01"))
		must(l.t, err)
	}
}

// day adds two promises and lets a few things happen; what the rules refuse does not.
func (l *life) day() {
	l.now = l.now.Add(24 * time.Hour)
	for range 2 {
		in := store.NewPromise{
			Customer: fmt.Sprint("customer ", l.rand.IntN(customers)), Owner: "Ada", Title: "a promise", Target: l.ahead(1 + l.rand.IntN(4)), Promise: l.ahead(5 + l.rand.IntN(10)*l.rand.IntN(7)),
		}
		if l.rand.IntN(8) == 0 {
			in.Target, in.Promise, in.DateBy = "", "", l.ahead(1+l.rand.IntN(10))
		}
		added, err := l.Add(l.ctx, l.op("", l.now.String()), in)
		must(l.t, err)
		l.refs = append(l.refs, strconv.FormatInt(int64(added.ID), 10))
	}
	for range 12 {
		op := l.op(l.refs[l.rand.IntN(len(l.refs))], l.now.Add(-time.Duration(l.rand.IntN(72))*time.Hour).String())
		l.happens(op)
	}
}

func (l *life) happens(op store.Op) {
	switch l.rand.IntN(10) {
	case 0, 1:
		_, _ = l.Deliver(l.ctx, op)
	case 2:
		_, _ = l.CheckIn(l.ctx, op, store.CheckIn{Left: strconv.Itoa(l.rand.IntN(9)), Blocked: []string{"", "no parts"}[l.rand.IntN(2)]})
	case 3:
		_, _ = l.Call(l.ctx, op, store.Call{Outcome: "still-on"})
	case 4:
		_, _ = l.Call(l.ctx, op, store.Call{Outcome: "slipping", DateBy: l.ahead(3)})
	case 5, 8, 9:
		_, _ = l.NewDate(l.ctx, op, store.NewDate{Promise: l.ahead(10 + l.rand.IntN(60)), Why: "more work"})
	case 6:
		_, _ = l.Reopen(l.ctx, op, "not as agreed")
	case 7:
		_, _ = l.Withdraw(l.ctx, op, "no longer needed")
	}
}

func (l *life) ahead(days int) string {
	return (calendar.Default().Today(l.now) + calendar.Date(days)).String()
}

func (l *life) compare(manager string, at calendar.Instant) {
	l.t.Helper()
	got, err := l.MakeDigest(l.ctx, manager, at)
	must(l.t, err)
	want, err := l.MakeWholeDigest(l.ctx, manager, at)
	must(l.t, err)
	a, err := json.MarshalIndent(got, "", " ")
	must(l.t, err)
	b, err := json.MarshalIndent(want, "", " ")
	must(l.t, err)
	if string(a) != string(b) {
		l.t.Fatalf("digest of %q at %s, at the first difference:\n%s\nfrom all promises:\n%s", manager, at, from(a, b), from(b, a))
	}
}

// from is the part of a text where it begins to differ from another.
func from(text, other []byte) []byte {
	i := 0
	for i < min(len(text), len(other)) && text[i] == other[i] {
		i++
	}
	return text[max(0, i-300):min(len(text), i+300)]
}
