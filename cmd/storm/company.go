package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"kept/notify/fakeslack"
)

// lateOwners are the people of the late shift. Each is owed one message, which must not
// come before their hours begin.
const lateOwners = 5

// company is what was promised, and so the model of what is owed.
type company struct {
	owners int       // who work day and night
	opens  time.Time // when the late shift begins
	owed   []owed
}

// owed is one alert that has to reach its owner: once, and not before its time.
type owed struct {
	promise string    // as its title names it
	from    time.Time // it is owed, and may be sent, from then on
	until   time.Time // from then on it must not be sent: it was called off; else zero
}

func (o *owed) calledOff() bool { return !o.until.IsZero() }

// mark is how a promise is known in a message.
var mark = regexp.MustCompile(`\bP[0-9]{7}\b`)

// found makes the company in an empty database. Where it is, it is noon: no storm
// passes midnight.
func (r *rig) found(ctx context.Context) error {
	now := time.Now().UTC()
	r.opens = now.Truncate(time.Minute).Add(time.Minute)
	switch {
	case r.allDay:
		r.opens = now.Truncate(time.Hour)
	case r.opens.Sub(now) < 10*time.Second:
		r.opens = r.opens.Add(time.Minute)
	}
	ahead := 12 - now.Hour() // of UTC; the names of these zones count the other way
	zone := fmt.Sprintf("Etc/GMT%+d", -ahead)
	opens := r.opens.Add(time.Duration(ahead) * time.Hour).Format("15:04")
	for _, args := range [][]string{
		{"init", "--admin", "ada@example.com", "--zone", zone},
		{"calendar", "edit", "default", "--hours", "mon-sun 00:00-24:00", "--yes"},
		{"calendar", "add", "Late", "--zone", zone, "--hours", "mon-sun " + opens + "-24:00"},
		{"team", "add", "Late", "--calendar", "Late"},
	} {
		if _, err := r.command(ctx, args...); err != nil {
			return err
		}
	}
	for i := range lateOwners {
		email := fmt.Sprintf("late%d@example.com", i)
		if _, err := r.command(ctx, "person", "add", email, "--name", fmt.Sprint("Late ", i), "--team", "Late"); err != nil {
			return err
		}
		r.slack.AddUser(fakeslack.User{ID: fmt.Sprintf("ULATE%d", i), Email: email})
	}
	return nil
}

// hire lets so many people be owners of what is promised from then on. Slack knows them
// by their addresses.
func (r *rig) hire(owners int) {
	for i := r.owners; i < owners; i++ {
		r.slack.AddUser(fakeslack.User{ID: fmt.Sprintf("U%06d", i), Email: ownerAddress(i)})
	}
	r.owners = owners
}

func ownerAddress(i int) string { return fmt.Sprintf("owner%d@example.com", i) }

// owe imports so many promises that are at risk already: one message each, if no owner
// has two of them. The first go to the late shift.
func (r *rig) owe(ctx context.Context, n int) error {
	today := time.Now().UTC()
	day := func(days int) string { return today.AddDate(0, 0, days).Format(time.DateOnly) }
	text := []byte("id,customer,owner,title,made_at,target_date,promise_date\n")
	first := len(r.owed)
	for i := first; i < first+n; i++ {
		o := owed{promise: fmt.Sprintf("P%07d", i), from: today}
		owner := ownerAddress(i % r.owners)
		if i < lateOwners {
			owner, o.from = fmt.Sprintf("late%d@example.com", i), r.opens
		}
		r.owed = append(r.owed, o)
		text = fmt.Appendf(text, "%s,Customer of %s,%s,Order %s of forty boxes,%sT09:00:00Z,%s,%s\n", o.promise, owner, owner, o.promise, day(-30), day(-20), day(4))
	}
	path := filepath.Join(r.dir, fmt.Sprintf("wave-%d.csv", first))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	_, err := r.command(ctx, "import", path, "--create")
	return err
}

// callOff delivers the newest promises to their customers: nobody is to be called about
// them any more. What is on its way just then may still arrive, for as long as a lease.
func (r *rig) callOff(ctx context.Context, n int) error {
	for i := range n {
		o := &r.owed[len(r.owed)-1-i]
		if _, err := r.command(ctx, "deliver", o.promise); err != nil {
			return err
		}
		o.until = time.Now().Add(r.lease())
	}
	return nil
}
