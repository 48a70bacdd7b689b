package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
)

// filled makes a database of n open promises, none of which is due for review
// before from; one in seven is long overdue.
func filled(tb testing.TB, n int, from Instant) *Store {
	tb.Helper()
	ctx := tb.Context()
	s, err := Create(ctx, filepath.Join(tb.TempDir(), "kept.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	if err := s.Init(ctx, Setup{AdminName: "Ada", AdminEmail: "ada@example.com"}); err != nil {
		tb.Fatal(err)
	}
	day := days.Today(from)
	for at := 0; at < n; {
		err := s.write(ctx, func(t *tx) error {
			for ; at < n && at%10_000 != 9_999; at++ {
				if err := t.fillOne(at, day, from); err != nil {
					return err
				}
			}
			at++
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return s
}

// days is the default calendar, which takes a while to compute.
var days = calendar.Default()

func (t *tx) fillOne(i int, day Date, from Instant) error {
	if i%100 == 0 {
		customer := ID(i/100 + 1)
		if _, err := t.exec("INSERT INTO customers (id, name, name_key, manager_id, created_at) VALUES (?, ?, ?, 1, ?)", customer, fmt.Sprint("c", i), fmt.Sprint("c", i), t.now); err != nil {
			return err
		}
	}
	promise := day + Date(20+i%200)
	if i%7 == 0 {
		promise = day - Date(1+i%30)
	}
	p := commitments.Promise{Commitment: commitments.Commitment{
		Key: randomKey(), Customer: commitments.Ref{ID: ID(i/100 + 1)}, Owner: commitments.Ref{ID: 1}, Title: "a promise of ordinary length",
		Facts: commitments.Facts{MadeAt: from.Add(-40 * 24 * time.Hour), Promise: promise, PromiseTime: calendar.NoClock, Target: promise - 6, DueAt: days.End(promise)},
		State: commitments.NewAlertState(), LastFact: from.Add(-40 * 24 * time.Hour), NextReview: from.Add(time.Hour + time.Duration(i)*time.Millisecond),
	}}
	if i%7 == 0 {
		p.State.Stage, p.NextReview = commitments.Overdue, 0
	}
	id, err := t.insertCommitment(&p, 1)
	if err != nil {
		return err
	}
	return t.addDate(id, commitments.PromiseDate{Place: 1, Promise: p.Promise, PromiseTime: calendar.NoClock, Target: p.Target, DueAt: p.DueAt, ToldAt: p.MadeAt}, 1)
}

func BenchmarkSweep(b *testing.B) {
	for _, n := range benchSizes {
		from := calendar.InstantOf(time.Now().Add(-24 * time.Hour))
		s := filled(b, n, from)
		b.Run(fmt.Sprintf("nothing due of %d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Sweep(b.Context(), from); err != nil {
					b.Fatal(err)
				}
			}
		})
		// Every round moves the clock by the second in which the next 1,000 fall due, and
		// each of them has just become overdue: all are reviewed, changed and alerted.
		b.Run(fmt.Sprintf("1000 due of %d", n), func(b *testing.B) {
			round := 0
			for b.Loop() {
				b.StopTimer()
				if round++; round*1000 > n*6/7 {
					b.Skip("all used up")
				}
				err := s.write(b.Context(), func(t *tx) error {
					_, err := t.exec(`UPDATE commitments SET due_at = ?, next_review_at = ? WHERE id IN (
						SELECT id FROM commitments WHERE stage = 'on-track' AND next_review_at > ? ORDER BY (id * 7919) % 100003 LIMIT 1000)`, from-1, from, from)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				swept, err := s.Sweep(b.Context(), from)
				if err != nil || swept.Reviewed != 1000 || len(swept.Alerts) != 1000 {
					b.Fatal(err, swept.Reviewed, len(swept.Alerts))
				}
			}
		})
	}
}

// benchmarks run on databases of these sizes.
var benchSizes = []int{10_000, 100_000}

func BenchmarkCheckIn(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprintf("of %d", n), func(b *testing.B) {
			s := filled(b, n, calendar.InstantOf(time.Now().Add(-24*time.Hour)))
			i := 0
			for b.Loop() {
				i++
				if _, err := s.CheckIn(b.Context(), Op{By: everyone, Ref: fmt.Sprint(1 + i*7919%(n/2))}, CheckIn{Left: "3"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkShow(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprintf("of %d", n), func(b *testing.B) {
			now := calendar.InstantOf(time.Now())
			s := filled(b, n, now)
			i := 0
			for b.Loop() {
				i++
				if _, err := s.Show(b.Context(), everyone, fmt.Sprint(1+i*7919%(n/2)), now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDigest makes the digest of the whole company, of which one promise in seven
// is overdue.
func BenchmarkDigest(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprintf("of %d", n), func(b *testing.B) {
			now := calendar.InstantOf(time.Now())
			s := filled(b, n, now)
			for b.Loop() {
				if d, err := s.MakeDigest(b.Context(), "", now); err != nil || len(d.Overdue) == 0 {
					b.Fatal(err, len(d.Overdue))
				}
			}
		})
	}
}

// A home shows fifty promises of one person beside all those of others, or all of them.
func BenchmarkHomePage(b *testing.B) {
	for _, n := range benchSizes {
		now := calendar.InstantOf(time.Now())
		s := filled(b, n, now)
		added, err := s.AddPerson(b.Context(), everyone, PersonInput{Name: new("Olga")})
		if err != nil {
			b.Fatal(err)
		}
		err = s.write(b.Context(), func(t *tx) error {
			_, err := t.exec("UPDATE commitments SET owner_id = ? WHERE id % ? = 0", added.ID, n/50)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		for name, by := range map[string]commitments.Actor{
			"fifty":      {ID: added.ID, Role: commitments.Member},
			"all, admin": {ID: 1, Role: commitments.Admin},
		} {
			b.Run(fmt.Sprintf("%s of %d", name, n), func(b *testing.B) {
				for b.Loop() {
					if _, err := s.HomePage(b.Context(), by, now, 20); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
