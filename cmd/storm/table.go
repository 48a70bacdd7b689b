package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kept/notify/fakeslack"
)

// table is what a storm of clicks is played on: promises at risk, each with its card, the
// people who may act on them, and those who may not.
type table struct {
	*rig
	seed  uint64
	lanes []*lane
}

// Who clicks, besides each promise's owner. Mates are of its team, and may call, but not
// answer for the owner; a stranger is of another team, and Kept knows no nobody.
const (
	stranger, nobody = "ULATE0", "UNOBODY"
	mates            = 4
	ownersOfTable    = 40
)

func mate(i int) string { return fmt.Sprintf("UMATE%d", i) }

// lay makes so many promises, and waits until their cards are in Slack.
func (t *table) lay(ctx context.Context, promises int) error {
	commands := [][]string{{"team", "add", "Desk"}, {"person", "edit", "late0@example.com", "--slack", stranger}}
	for i := range mates {
		commands = append(commands, []string{"person", "add", fmt.Sprintf("mate%d@example.com", i), "--team", "Desk", "--slack", mate(i)})
		t.slack.AddUser(fakeslack.User{ID: mate(i)})
	}
	for _, args := range commands {
		if _, err := t.command(ctx, args...); err != nil {
			return err
		}
	}
	t.slack.AddUser(fakeslack.User{ID: nobody})
	t.hire(ownersOfTable)
	day := func(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly) }
	text := []byte("id,customer,owner,team,title,made_at,target_date,promise_date\n")
	for i := range promises {
		l := &lane{id: fmt.Sprintf("P%07d", i), owner: fmt.Sprintf("U%06d", i%ownersOfTable), chance: rand.New(rand.NewPCG(t.seed, uint64(i)))}
		t.lanes = append(t.lanes, l)
		owner := ownerAddress(i % ownersOfTable)
		text = fmt.Appendf(text, "%s,Customer of %s,%s,Desk,Order %s,%sT09:00:00Z,%s,%s\n", l.id, owner, owner, l.id, day(-30), day(-20), day(4))
	}
	path := filepath.Join(t.dir, "table.csv")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{{"import", path, "--create"}, {"sweep"}} {
		if _, err := t.command(ctx, args...); err != nil {
			return err
		}
	}
	return t.dealt(ctx)
}

// dealt waits until every owner has been told, and Kept knows them in Slack, and reads
// how each promise stands then.
func (t *table) dealt(ctx context.Context) error {
	for {
		var waiting int
		err := t.db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM commitments WHERE alerted <> 'at-risk') +
			(SELECT count(*) FROM people p WHERE slack_user = '' AND EXISTS (SELECT 1 FROM commitments c WHERE c.owner_id = p.id))`).Scan(&waiting)
		if err != nil {
			return err
		}
		if waiting == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	stands, err := t.standings(ctx)
	if err != nil {
		return err
	}
	for _, l := range t.lanes {
		s := stands[l.id]
		l.key, l.want = s.key, s.tally
	}
	return nil
}

// tally is what has been done to a promise.
type tally struct {
	version                                         int64
	checkIns, left, acks, stillOn, notReached, ends int
	events, requests                                int // requests are those of all promises
}

type standing struct {
	key string
	tally
}

// standings reads how every promise stands, by its external id.
func (t *table) standings(ctx context.Context) (map[string]standing, error) {
	rows, err := t.db.QueryContext(ctx, `SELECT c.external_id, c.key, c.version,
		(SELECT count(*) FROM check_ins i WHERE i.commitment_id = c.id), (SELECT coalesce(sum(i.work_left), 0) FROM check_ins i WHERE i.commitment_id = c.id),
		(SELECT count(*) FROM turns u WHERE u.commitment_id = c.id AND u.turn = 'acked'),
		(SELECT count(*) FROM touches o WHERE o.commitment_id = c.id AND o.outcome = 'still-on'),
		(SELECT count(*) FROM touches o WHERE o.commitment_id = c.id AND o.outcome = 'not-reached'),
		(SELECT count(*) FROM turns u WHERE u.commitment_id = c.id AND u.turn = 'delivered'),
		(SELECT count(*) FROM events e WHERE e.subject = 'commitment' AND e.subject_id = c.id AND e.actor_id IS NOT NULL)
		FROM commitments c`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]standing{}
	for rows.Next() {
		var id string
		var s standing
		if err := rows.Scan(&id, &s.key, &s.version, &s.checkIns, &s.left, &s.acks, &s.stillOn, &s.notReached, &s.ends, &s.events); err != nil {
			return nil, err
		}
		all[id] = s
	}
	return all, rows.Err()
}

// lane is one promise, and what the model knows of it. Every round changes it once.
type lane struct {
	id, key, owner string
	chance         *rand.Rand
	want           tally
	quiet          bool // a call has dealt with the card
	sent           []payload
}

// payload is a click as Slack tells of it.
type payload map[string]any

// click is one on its way.
type click struct {
	payload payload
	done    *sync.WaitGroup
}

// play clicks so often on one promise. A tenth of the clicks are repeated, stale or by
// somebody who may not; what is done counts once, whoever was first. Some promises are
// delivered in the end, and clicked on nevertheless.
func (l *lane) play(ctx context.Context, clicks int, out chan<- click) {
	for n := 0; n < clicks && ctx.Err() == nil; {
		round := l.round(n+4 >= clicks && l.chance.IntN(3) == 0)
		round = round[:min(len(round), clicks-n)]
		n += len(round)
		l.chance.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
		var all sync.WaitGroup
		for _, p := range round {
			all.Add(1)
			out <- click{p, &all}
		}
		all.Wait()
	}
}

// round is what is clicked at once: one or two clicks that may be done, of which one is,
// and some that may not.
func (l *lane) round(last bool) (all []payload) {
	version := l.want.version
	if l.want.ends > 0 {
		return []payload{l.click(l.owner, "still-on", version)}
	}
	action, by := l.choose(last)
	all = append(all, l.click(by[0], action, version))
	if l.chance.IntN(20) == 0 {
		all = append(all, l.click(by[l.chance.IntN(len(by))], action, version))
	}
	for range 2 {
		if l.chance.IntN(20) == 0 {
			all = append(all, l.wrong(action, version))
		}
	}
	l.sent = append(l.sent, all...)
	l.want.version++
	l.want.events++
	l.want.requests++
	return all
}

// choose picks what is done next, and notes that it is; and who may do it.
func (l *lane) choose(last bool) (action string, by []string) {
	anybody := []string{l.owner}
	for i := range mates {
		anybody = append(anybody, mate(i))
	}
	l.chance.Shuffle(len(anybody), func(i, j int) { anybody[i], anybody[j] = anybody[j], anybody[i] })
	switch n := l.chance.IntN(10); {
	case last:
		l.want.ends++
		return "deliver", []string{l.owner}
	case n < 2 && !l.quiet:
		l.want.acks++
		return "ack", anybody
	case n < 4:
		l.want.notReached++
		return "not-reached", anybody
	case n < 5:
		l.want.stillOn, l.quiet = l.want.stillOn+1, true
		return "still-on", anybody
	}
	left := l.chance.IntN(20)
	l.want.checkIns++
	l.want.left += 100 * left
	return fmt.Sprint("checkin/", left), []string{l.owner}
}

// wrong is a click that must change nothing.
func (l *lane) wrong(action string, version int64) payload {
	switch l.chance.IntN(6) {
	case 0:
		return l.click(stranger, action, version)
	case 1:
		return l.click(nobody, action, version)
	case 2:
		return l.click(mate(0), "deliver", version) // theirs to call, not to deliver
	case 3:
		return l.click(l.owner, action, version+1000)
	case 4:
		if version > 1 {
			return l.click(l.owner, action, 1+l.chance.Int64N(version-1))
		}
	}
	if len(l.sent) > 0 {
		return l.sent[l.chance.IntN(len(l.sent))]
	}
	return l.click(stranger, action, version)
}

func (l *lane) click(user, action string, version int64) payload {
	type obj = map[string]any
	return payload{
		"type": "block_actions", "api_app_id": fakeslack.AppID, "trigger_id": fmt.Sprintf("%s.%x", l.id, l.chance.Uint64()),
		"team": obj{"id": fakeslack.TeamID}, "user": obj{"id": user, "team_id": fakeslack.TeamID},
		"channel": obj{"id": fakeslack.DirectChannel(l.owner)}, "message": obj{"ts": "1700000000.000100"},
		"actions": []any{obj{"type": "button", "action_id": action, "value": fmt.Sprintf("%s:%d", l.key, version)}},
	}
}

// judge sets what the database says beside the model.
func (t *table) judge(ctx context.Context) error {
	stands, err := t.standings(ctx)
	if err != nil {
		return err
	}
	var wrong []string
	var all tally
	for _, l := range t.lanes {
		got, want := stands[l.id].tally, l.want
		all.add(want)
		want.requests = 0
		if got != want {
			wrong = append(wrong, fmt.Sprintf("%s: the database says %+v, and the model %+v", l.id, got, want))
		}
	}
	var requests int
	if err := t.db.QueryRowContext(ctx, "SELECT count(*) FROM requests WHERE key LIKE 'slack %'").Scan(&requests); err != nil {
		return err
	}
	if requests != all.requests {
		wrong = append(wrong, fmt.Sprintf("%d requests were carried out, and %d were to be", requests, all.requests))
	}
	t.say("%d of them were to be done: %d answers, %d calls, %d on it, %d delivered; of %d promises, %d are not as they should be",
		all.requests, all.checkIns, all.stillOn+all.notReached, all.acks, all.ends, len(t.lanes), len(wrong))
	if len(wrong) == 0 {
		return nil
	}
	return errors.New(strings.Join(slices.Concat([]string{fmt.Sprintf("%d things are wrong", len(wrong))}, wrong[:min(5, len(wrong))]), "\n"))
}

func (t *tally) add(o tally) {
	t.checkIns += o.checkIns
	t.acks += o.acks
	t.stillOn += o.stillOn
	t.notReached += o.notReached
	t.ends += o.ends
	t.requests += o.requests
}
