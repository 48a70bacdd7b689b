package notify

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// editLedger is what editing asks of the ledger, besides what sending does: a *store.Store.
type editLedger interface {
	ClaimEdits(ctx context.Context, limit int, lease time.Duration) ([]store.Edit, error)
	WholeLetter(ctx context.Context, d *store.Delivery, at calendar.Instant) (store.Letter, error)
	RecordEdit(ctx context.Context, e *store.Edit) error
	PutOffEdit(ctx context.Context, e *store.Edit, after time.Duration, tried bool) error
	StaleIn(ctx context.Context, place string) error
}

// Bounds of a round of edits.
const (
	editsInHand  = 4
	editPatience = time.Minute // no edit is begun after that
	lookForEdits = 2 * time.Second
)

// oddEdits is how many answers nobody understands a message is edited against. It shows
// what was so, and the thread below it tells the rest.
const oddEdits = 20

// Tend edits the cards that show no longer what is so, every few seconds and whenever it
// is poked, until ctx ends. It returns when what is in hand is done.
func (n *Notifier) Tend(ctx context.Context) {
	ticker := time.NewTicker(lookForEdits)
	defer ticker.Stop()
	for {
		if _, err := n.Edit(ctx, calendar.InstantOf(time.Now())); err != nil && ctx.Err() == nil {
			n.log.Error("cards are not edited", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-n.poked:
		case <-ticker.C:
		}
	}
}

// Poke makes Tend look at once.
func (n *Notifier) Poke() {
	select {
	case n.poked <- struct{}{}:
	default: // told already
	}
}

// Edit makes every message that shows no longer what is so show what is so at an instant,
// until none is left but those that more than a channel's pace holds back. An edit does no
// harm twice, so what became of a doubtful one need not be known. What is to be sent goes
// first. The error is the database's.
func (n *Notifier) Edit(ctx context.Context, at calendar.Instant) (edited int, err error) {
	if n.edits == nil {
		return 0, nil
	}
	var later time.Time // until when the pace holds one back
	for ends := time.Now().Add(editPatience); ctx.Err() == nil && n.gate.closedFor().ok() && time.Now().Before(ends); {
		claimed, err := n.edits.ClaimEdits(context.WithoutCancel(ctx), editsInHand, n.cfg.Lease)
		if err != nil {
			return edited, err
		}
		if wait := time.Until(later); len(claimed) == 0 && (wait <= 0 || !rest(ctx, min(wait, time.Second))) {
			return edited, nil
		}
		done, wait, err := n.editAll(ctx, claimed, at)
		if edited += done; err != nil {
			return edited, err
		}
		if wait > 0 {
			later = time.Now().Add(wait + time.Millisecond)
		}
	}
	return edited, nil
}

// editAll edits several messages at once. Wait is for how long the pace holds back those
// that it does.
func (n *Notifier) editAll(ctx context.Context, claimed []store.Edit, at calendar.Instant) (edited int, wait time.Duration, err error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range claimed {
		all.Go(func() {
			v, failed := n.edit(ctx, &claimed[i], at)
			mu.Lock()
			defer mu.Unlock()
			switch v.class {
			case accepted:
				edited++
			case paced:
				wait = max(wait, v.after)
			}
			if err == nil {
				err = failed
			}
		})
	}
	all.Wait()
	return edited, wait, err
}

// edit edits one message, and records what came of it.
func (n *Notifier) edit(ctx context.Context, e *store.Edit, at calendar.Instant) (v verdict, err error) {
	defer func() {
		if p := recover(); p != nil {
			v = n.panicked(fmt.Sprint("the edit of delivery ", e.ID), p)
			err = n.putOff(ctx, e, v)
		}
	}()
	if v, err = n.rewrite(ctx, e, at); err != nil {
		return verdict{class: busy}, err
	}
	lasting, cancel := n.lasting(ctx)
	defer cancel()
	if v.ok() || editOver(v) || v.class == unknown && e.Edits >= oddEdits {
		return v, n.edits.RecordEdit(lasting, e)
	}
	n.considerEdit(ctx, e, v)
	return v, n.putOff(ctx, e, v)
}

// putOff leaves a message that was not edited for later.
func (n *Notifier) putOff(ctx context.Context, e *store.Edit, v verdict) error {
	ctx, cancel := n.lasting(ctx)
	defer cancel()
	after, tried := v.after, false
	switch v.class {
	case limited, paced:
	case shut:
		after = cmp.Or(after, blockedFor)
	case stopping, outage, refused:
		after = 0
	default:
		after, tried = n.backOff(e.Edits), true
	}
	return n.edits.PutOffEdit(ctx, e, after, tried)
}

// rewrite makes a message say what is so, if its turn has come.
func (n *Notifier) rewrite(ctx context.Context, e *store.Edit, at calendar.Instant) (verdict, error) {
	switch v := n.mayEdit(ctx, e); {
	case v.code == sharedChannel:
		return n.takeBack(ctx, e)
	case !v.ok():
		return v, nil
	}
	l, err := n.edits.WholeLetter(context.WithoutCancel(ctx), &e.Delivery, at)
	if err != nil {
		return verdict{}, err
	}
	if len(l.Cards) == 0 {
		return verdict{class: untrue, code: "message_not_found"}, nil
	}
	m, err := newMessage(Text(&l), Blocks(&l, n.answerable()))
	if err != nil {
		return verdict{}, err
	}
	if wentPlain(&e.Delivery) {
		m = m.plain()
	}
	return n.bot.update(ctx, e, n.explained(m, &e.Delivery, &l, e.Place)), nil
}

// takenBack is what is left of a message where people of another company read along.
const takenBack = "Kept has taken this message back: people of another company can read this channel. It is still to be seen with /promise list."

// takeBack leaves nothing of a message that outsiders could read by now: an edit is all
// that reaches what was posted before they joined.
func (n *Notifier) takeBack(ctx context.Context, e *store.Edit) (verdict, error) {
	if v := n.mayUpdate(ctx, e); !v.ok() {
		return v, nil
	}
	m, err := newMessage(takenBack, []slack.Block{slack.NewRichTextBlock("", kit.Paragraph(kit.Plain(takenBack)))})
	if err != nil {
		return verdict{}, err
	}
	return n.bot.update(ctx, e, m), nil
}

// takeBackFrom has all that was sent to a channel taken back, as outsiders have joined it.
func (n *Notifier) takeBackFrom(ctx context.Context, channel string) {
	ctx, cancel := n.lasting(ctx)
	defer cancel()
	if err := n.edits.StaleIn(ctx, channel); err != nil {
		n.log.Error("what outsiders can read in a channel by now is not taken back", "channel", channel, "error", err)
		return
	}
	n.log.Warn("people of another company have joined a channel: what Kept posted there is taken back", "channel", channel)
	n.Poke()
}

// mayEdit says why a message is not edited now, or takes its place in its channel's pace
// and in everybody's.
func (n *Notifier) mayEdit(ctx context.Context, e *store.Edit) verdict {
	if !editablePlace(e.Place) || e.SlackTS == "" {
		return verdict{class: shut, code: "cant_update_message"}
	}
	if v := n.standing(ctx); !v.ok() {
		return v
	}
	if v := n.bot.mayTell(ctx, e.Place); !v.ok() {
		return v
	}
	return n.mayUpdate(ctx, e)
}

// mayUpdate takes an edit's place in its channel's pace and in everybody's.
func (n *Notifier) mayUpdate(ctx context.Context, e *store.Edit) verdict {
	if v := n.lanes.held(updateMethod); !v.ok() {
		return v
	}
	if v := n.lanes.yield(e.Place); !v.ok() {
		return v
	}
	if n.pace.Wait(ctx) != nil || ctx.Err() != nil {
		return verdict{class: stopping, code: "stopping"}
	}
	return verdict{}
}

// editablePlace reports whether a message there can be edited: one that went by e-mail, or
// through a webhook, cannot.
func editablePlace(place string) bool { return place != "" && strings.Contains("CDG", place[:1]) }

const updateMethod = "chat.update"

// update puts a message in the place of one that was sent. Its metadata stay as they are.
func (b *bot) update(ctx context.Context, e *store.Edit, m message) verdict {
	form := url.Values{"channel": {e.Place}, "ts": {e.SlackTS}, "text": {kit.Escape(m.Text)}, "parse": {"none"}, "link_names": {"false"}}
	if !m.isPlain() {
		form.Set("blocks", string(m.Blocks))
	}
	var answer struct {
		slack.SlackResponse
		TS string `json:"ts"`
	}
	ctx, x := observe(ctx)
	err := b.call(ctx, updateMethod, form, &answer)
	return x.judge(err, answer.Ok && answer.TS != "")
}

// overCodes are answers after which a message will never be edited.
var overCodes = map[string]bool{
	"message_not_found": true, "cant_update_message": true, "edit_window_closed": true, "is_inactive": true, "block_mismatch": true,
	"channel_not_found": true, "is_archived": true, "channel_is_archived": true, "not_in_channel": true, sharedChannel: true,
}

// editOver reports whether a message stays as it is: it is gone, or takes no edits.
func editOver(v verdict) bool { return v.class == malformed || overCodes[v.code] }

// considerEdit draws the conclusions that go beyond one message.
func (n *Notifier) considerEdit(ctx context.Context, e *store.Edit, v verdict) {
	switch v.class {
	case refused:
		n.gate.close(v, n.log)
	case limited:
		if n.lanes.held(updateMethod).ok() {
			n.lanes.hold(updateMethod, v, v.after)
		}
	case unreachable, doubtful:
		n.suspect(ctx, v)
	}
	n.log.Debug("a card was not edited", "delivery", e.ID, "class", string(v.class), "code", v.code, "detail", v.text)
}
