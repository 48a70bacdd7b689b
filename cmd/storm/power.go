package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// cuts is one storm of power cuts.
type cuts struct {
	cuts  int
	alone int // promises recorded by one command after another
	wave  int // alerts sent, while as many promises are recorded beside them
}

func powerCommand(ctx context.Context, args []string, out io.Writer) error {
	o := options{out: out, grace: usualGrace, lag: usualLag}
	var c cuts
	flags, short := common("power", &o)
	flags.IntVar(&c.cuts, "cuts", 500, "times that the power goes")
	flags.IntVar(&c.alone, "alone", 40, "promises recorded by one command after another")
	flags.IntVar(&c.wave, "wave", 60, "alerts sent, and promises recorded meanwhile")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *short {
		c = shortCuts
	}
	o.server = "" // it is about SQLite
	r, err := newRig(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(r.powerCuts(ctx, c), r.close())
}

var shortCuts = cuts{cuts: 50, alone: 8, wave: 10}

// script is what is recorded: commands alone, and commands beside a process that sends.
// After each command that has succeeded its number is written down: from then on
// whoever gave it relies on it.
const script = `
add() { "$KEPT" add --db "$DB" --customer Acme --create --what "ack $1." --owner ada@example.com --promise 2190-01-04 >/dev/null 2>&1 && echo "ack $1." >>acks; }
i=0
while [ $i -lt $ALONE ]; do i=$((i+1)); add $i; done
"$KEPT" serve --db "$DB" --listen 127.0.0.1:0 >/dev/null 2>>words & serving=$!
while [ $i -lt $ALL ]; do i=$((i+1)); add $i; done
while [ ! -e enough ]; do sleep 0.1; done
kill -TERM $serving; wait $serving
`

// powerCuts records what Kept does to its files, and then lets the power go at many
// moments of it: every database that is found must open, with all that was acknowledged.
func (r *rig) powerCuts(ctx context.Context, c cuts) error {
	place := filepath.Join(r.dir, "place")
	events, start, err := r.recordWork(ctx, place, c)
	if err != nil {
		return err
	}
	keys, err := deliveryKeys(ctx, r.db)
	if err != nil {
		return err
	}
	chance := rand.New(rand.NewPCG(r.seed, 4))
	moments := make([]int, c.cuts)
	for i := range moments {
		moments[i] = chance.IntN(len(events)) + 1
	}
	slices.Sort(moments)
	acks, posts, done, counts := acknowledged{}, acknowledged{}, 0, map[loss]int{}
	for i, moment := range moments {
		for ; done < moment; done++ {
			start.apply(&events[done])
			acks.note(&events[done], place)
			posts.notePost(&events[done], keys)
		}
		how := losses[i%len(losses)]
		counts[how]++
		if err := r.comesBack(ctx, start.cut(how, chance), acks, posts); err != nil {
			return fmt.Errorf("cut %d of %d, at call %d of %d, unsynced writes %s, seed %d: %w", i+1, c.cuts, moment, len(events), how, r.seed, err)
		}
	}
	r.say("%d power cuts at moments of %d calls, seed %d: unsynced writes %v", c.cuts, len(events), r.seed, counts)
	r.say("every database opened, whole; none of up to %d acknowledged promises was lost, nor the intent of any of %d messages sent", len(acks), len(posts))
	if len(acks) == 0 || len(posts) == 0 {
		return errors.New("nothing was acknowledged, or nothing was sent: this proves nothing")
	}
	return nil
}

// recordWork runs the script under a recorder, and gives what it saw and the folder as
// it was before.
func (r *rig) recordWork(ctx context.Context, place string, c cuts) ([]event, *platter, error) {
	r.hire(c.wave)
	if err := errors.Join(r.burden(ctx, lateOwners+c.wave), os.Mkdir(place, 0o700)); err != nil {
		return nil, nil, err
	}
	moved := filepath.Join(place, "kept.db")
	if _, err := r.db.ExecContext(ctx, "VACUUM INTO ?", moved); err != nil {
		return nil, nil, err
	}
	if err := errors.Join(r.db.Close(), os.Chmod(moved, 0o600)); err != nil {
		return nil, nil, err
	}
	var err error
	r.dsn = moved
	if r.db, err = openRaw(moved, "ro"); err != nil {
		return nil, nil, err
	}
	start, err := newPlatter(place)
	if err != nil {
		return nil, nil, err
	}
	file := filepath.Join(r.dir, "recording")
	work, err := recording(file, "sh", "-c", script)
	if err != nil {
		return nil, nil, err
	}
	work.Dir = place
	work.Env = r.environment("KEPT="+r.kept, "DB="+moved, fmt.Sprint("ALONE=", c.alone), fmt.Sprint("ALL=", c.alone+c.wave))
	if err := work.Start(); err != nil {
		return nil, nil, err
	}
	enough := r.untilSent(ctx, c.wave)
	err = errors.Join(enough, os.WriteFile(filepath.Join(place, "enough"), nil, 0o600), work.Wait())
	if err != nil {
		return nil, nil, err
	}
	events, err := readRecording(file)
	return events, start, err
}

func openRaw(path, mode string) (*sql.DB, error) {
	return sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode="+mode+"&_busy_timeout=10000")
}

// untilSent waits until Slack has so many messages.
func (r *rig) untilSent(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for len(r.slack.Accepted()) < n {
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("only %d messages were sent: %w", len(r.slack.Accepted()), err)
		}
	}
	return nil
}

func deliveryKeys(ctx context.Context, db *sql.DB) (keys []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT key FROM deliveries")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

// acknowledged is what somebody relies on: titles of promises, or keys of messages.
type acknowledged map[string]bool

// note sees a command's number being written down.
func (a acknowledged) note(e *event, place string) {
	if e.call == "write" && e.path == filepath.Join(place, "acks") {
		a[strings.TrimSpace(string(e.data))] = true
	}
}

// notePost sees a message being handed to the network.
func (a acknowledged) notePost(e *event, keys []string) {
	if e.call != "write" || !strings.HasPrefix(e.path, "socket:") {
		return
	}
	for _, key := range keys {
		if strings.Contains(string(e.data), key) {
			a[key] = true
		}
	}
}

// comesBack looks at what a cut left, as Kept itself finds it.
func (r *rig) comesBack(ctx context.Context, files map[string][]byte, acks, posts acknowledged) error {
	dir, err := os.MkdirTemp(r.dir, "cut-")
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	path := filepath.Join(dir, "kept.db")
	was := r.dsn
	r.dsn = path
	listed, err := r.command(ctx, "list", "--json")
	r.dsn = was
	if err != nil {
		return err
	}
	if err := hasAll(listed, acks); err != nil {
		return err
	}
	if err := soundAndIntended(ctx, path, posts); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

func hasAll(listed string, acks acknowledged) error {
	var all []struct{ Title string }
	if err := json.Unmarshal([]byte(listed), &all); err != nil {
		return fmt.Errorf("kept list: %w", err)
	}
	there := map[string]int{}
	for _, p := range all {
		there[p.Title]++
	}
	for title := range acks {
		if there[title] != 1 {
			return fmt.Errorf("%q was acknowledged and is there %d times", title, there[title])
		}
	}
	return nil
}

// soundAndIntended checks that the file is whole, and that the ledger says of every
// message which had left that Slack may have it.
func soundAndIntended(ctx context.Context, path string, posts acknowledged) error {
	db, err := openRaw(path, "rw")
	if err != nil {
		return err
	}
	defer db.Close()
	var sound string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		return fmt.Errorf("integrity_check: %s: %w", sound, err)
	}
	for key := range posts {
		var known bool
		err := db.QueryRowContext(ctx, "SELECT ambiguous = 1 OR state = 'sent' FROM deliveries WHERE key = ?", key).Scan(&known)
		if err != nil {
			return fmt.Errorf("message %s was sent, and the ledger does not know it: %w", key, err)
		}
		if !known {
			return fmt.Errorf("message %s was sent, and the ledger does not know that it may have been", key)
		}
	}
	return nil
}
