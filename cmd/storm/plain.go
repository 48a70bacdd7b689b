package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"kept/notify/fakeslack"
)

// plainWorker is the name under which storm starts itself as the plain way of sending:
// send, then record that it was sent; on any error, send again. It loses nothing and
// repeats whatever it is unsure of. It stands beside Kept so that its figure says
// something: under a storm that does no harm to it, none of Kept's would.
const plainWorker = "plain"

// plainLease is how long the plain worker leaves a message alone that somebody has
// taken, plainTimeout how long it waits for Slack.
const (
	plainLease   = 3 * time.Second
	plainTimeout = 2 * time.Second
)

// plainBeside puts the plain way of sending through a tenth of the same storm: as many
// kills a message, the same seed and the same faults.
func (r *rig) plainBeside(ctx context.Context, k killing) (duplicate int, err error) {
	beside := &rig{options: r.options, drop: func() error { return nil }, fixed: func() {}}
	if beside.dir, err = os.MkdirTemp(r.temp, "kept-storm-plain-"); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, beside.close()) }()
	if err := beside.startSlack(); err != nil {
		return 0, err
	}
	k.alerts, k.kills = max(k.alerts/10, 100), max(k.kills/10, 10)
	if err := beside.plainLedger(ctx, k.alerts); err != nil {
		return 0, err
	}
	beside.breakSlack()
	if err := beside.killPlain(ctx, k); err != nil {
		return 0, err
	}
	var lost int
	lost, duplicate = judgePlain(k.alerts, beside.slack.Accepted())
	r.say("send, then record: owed %d, through %d kills: lost %d, duplicate %d", k.alerts, k.kills, lost, duplicate)
	return duplicate, nil
}

// plainLedger makes the plain worker's own list of messages.
func (r *rig) plainLedger(ctx context.Context, n int) (err error) {
	r.dsn = filepath.Join(r.dir, "plain.db")
	if r.db, err = openPlain(r.dsn); err != nil {
		return err
	}
	_, err = r.db.ExecContext(ctx, `CREATE TABLE messages (id INTEGER PRIMARY KEY, place TEXT, taken_until BIGINT DEFAULT 0, sent BIGINT DEFAULT 0);
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO messages (id, place) SELECT i, 'C' || (i % 50) FROM n`, n)
	for i := range 50 {
		r.slack.AddChannel(fakeslack.Channel{ID: fmt.Sprint("C", i), Name: fmt.Sprint("channel", i)})
	}
	return err
}

func openPlain(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_txlock=immediate")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// killPlain starts the worker again and again until it has been killed often enough,
// and then lets it finish without faults.
func (r *rig) killPlain(ctx context.Context, k killing) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	chance := rand.New(rand.NewPCG(r.seed, 0))
	for killed := 0; ; killed++ {
		worker := exec.CommandContext(ctx, self, plainWorker, "-db", r.dsn, "-slack", r.api)
		worker.Stderr = os.Stderr
		if killed == k.kills {
			r.fixed()
			if err := worker.Run(); err != nil {
				return fmt.Errorf("the plain worker: %w", err)
			}
			return r.quiet(ctx)
		}
		if err := worker.Start(); err != nil {
			return err
		}
		timer := time.AfterFunc(time.Duration(chance.Int64N(int64(2*k.life))), func() { _ = worker.Process.Kill() })
		_ = worker.Wait() // it was killed, or it had nothing left to send
		timer.Stop()
	}
}

func judgePlain(owed int, accepted []fakeslack.Message) (lost, duplicate int) {
	times := map[string]int{}
	for i := range accepted {
		times[accepted[i].Text]++
	}
	for _, n := range times {
		duplicate += n - 1
	}
	return owed - len(times), duplicate
}

// plainCommand is the worker: it sends until nothing is left.
func plainCommand(ctx context.Context, args []string, _ io.Writer) error {
	flags := flag.NewFlagSet(plainWorker, flag.ContinueOnError)
	path := flags.String("db", "", "its list of messages")
	api := flags.String("slack", "", "Slack's base")
	if err := flags.Parse(args); err != nil {
		return err
	}
	db, err := openPlain(*path)
	if err != nil {
		return err
	}
	defer db.Close()
	w := &plain{db: db, url: *api + "chat.postMessage", client: &http.Client{Timeout: plainTimeout}}
	errs := make([]error, 4) // as many senders as Kept has
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = w.send(ctx) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

type plain struct {
	db     *sql.DB
	url    string
	client *http.Client
}

func (w *plain) send(ctx context.Context) error {
	for ctx.Err() == nil {
		var id, left int64
		var place string
		if err := w.db.QueryRowContext(ctx, "SELECT count(*) FROM messages WHERE sent = 0").Scan(&left); err != nil || left == 0 {
			return err
		}
		now := time.Now()
		err := w.db.QueryRowContext(ctx, `UPDATE messages SET taken_until = ? WHERE id = (SELECT id FROM messages WHERE sent = 0 AND taken_until < ? LIMIT 1)
			RETURNING id, place`, now.Add(plainLease).UnixMilli(), now.UnixMilli()).Scan(&id, &place)
		switch {
		case err == sql.ErrNoRows:
			time.Sleep(50 * time.Millisecond)
			continue
		case err != nil:
			return err
		}
		if w.post(ctx, place, fmt.Sprint("message ", id)) {
			_, err = w.db.ExecContext(ctx, "UPDATE messages SET sent = 1 WHERE id = ?", id)
		} else {
			_, err = w.db.ExecContext(ctx, "UPDATE messages SET taken_until = ? WHERE id = ?", time.Now().Add(plainTimeout/10).UnixMilli(), id)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// post sends a message, and says whether Slack has answered that it has it.
func (w *plain) post(ctx context.Context, place, text string) bool {
	body, _ := json.Marshal(map[string]string{"channel": place, "text": text})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("Authorization", "Bearer "+fakeslack.BotToken)
	r.Header.Set("Content-Type", "application/json")
	answer, err := w.client.Do(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	return err == nil && answer.StatusCode == http.StatusOK && strings.Contains(string(said), `"ok":true`) && json.Valid(said)
}
