package commitments

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"kept/commitments/calendar"
)

// AlertState is what Kept remembers between two looks at a promise, so that a
// relapse is told again and the same fact never twice.
type AlertState struct {
	Stage       Stage   `db:"stage"`        // as of the last sweep
	Alerted     Stage   `db:"alerted"`      // the stage of the alert now open; "" if none is
	AlertedAt   Instant `db:"alerted_at"`   // when it opened
	Episode     int     `db:"episode"`      // part of every alert's key
	Settled     bool    `db:"settled"`      // the next alert to open begins a new episode
	AsksNothing bool    `db:"asks_nothing"` // fell back to watch from something worse: no question
	OldNews     bool    `db:"old_news"`     // was overdue when it was imported: the digest tells
	LadderedAt  Instant `db:"laddered_at"`  // rungs of the open alert's ladder that were due by then are done with
	LostTold    int     `db:"lost_told"`    // of the dates lost, those that were told to the account manager or need not be

	UpdateTold Instant `db:"update_told_at"` // the update due on the day that began then was asked of the owner
	HandedTold Instant `db:"handed_told_at"` // the hand-over of then was told

	RescueClockAt    Instant `db:"rescue_clock_at"`    // when the owner was told of the rescue that is open: its clocks run from there
	RescueLadderedAt Instant `db:"rescue_laddered_at"` // steps of those clocks that were due by then are done with
}

// NewAlertState is the state of a promise that no sweep has seen.
func NewAlertState() AlertState { return AlertState{Stage: OnTrack, Episode: 1} }

// settle notes that the alert now open, if any, has been dealt with, and that the
// next one is news again.
func (s *AlertState) settle() {
	s.Alerted, s.AlertedAt, s.LadderedAt, s.Settled = "", 0, 0, true
}

// answered reports whether what was to be said on a call was said since the alert opened.
// Most often the change that says so has settled the alert; a fact recorded before the
// sweep of an earlier time had nothing to settle yet.
func (s *AlertState) answered(f *Facts) bool {
	said := f.NewDateAt
	if s.Alerted != Overdue || f.StillOnAt == 0 {
		said = max(said, f.CalledAt)
	}
	return alarms(s.Alerted) && said > s.AlertedAt
}

// Decision is what a look at a promise means for its alerts.
type Decision struct {
	State  AlertState
	Opens  Stage   // an alert to open, watch to overdue; "" for none
	Closes string  // why the alert open so far is closed; "" if it stays
	Next   Instant // when an alert that is held back may open; 0 = never
}

// Decide says which alert a promise in this state owes after an assessment. It is
// pure; the same arguments give the same decision, and applied twice it opens nothing twice.
func Decide(f *Facts, s AlertState, a Assessment, t *Thresholds, cal *calendar.Calendar, now Instant) Decision {
	d := Decision{State: s}
	d.State.Stage = a.Stage
	d.State.AsksNothing = a.Stage == Watch && (s.AsksNothing || s.Stage == AtRisk || s.Stage == Overdue)
	d.State.Settled = s.Settled || a.Stage.Rank() < s.Stage.Rank()
	if s.Alerted != "" && a.Stage != s.Alerted {
		d.Closes = closedBecause(s.Alerted, a.Stage)
		d.State.Alerted, d.State.AlertedAt, d.State.LadderedAt = "", 0, 0
	}
	if d.State.answered(f) {
		d.Closes = "called"
		d.State.settle()
	}
	if a.Stage.Rank() == 0 || d.State.Alerted != "" || d.held() {
		return d
	}
	if until := quietUntil(f, a.Stage, t, cal, now); until > now {
		if until < endOfTime {
			d.Next = until
		}
		return d
	}
	if d.State.Settled {
		d.State.Episode++
		d.State.Settled = false
	}
	d.Opens, d.State.Alerted, d.State.AlertedAt = a.Stage, a.Stage, now
	return d
}

// held reports whether nothing will be told about this stage, however long it lasts.
func (d *Decision) held() bool {
	return d.State.Stage == Watch && d.State.AsksNothing || d.State.Stage == Overdue && d.State.OldNews
}

func closedBecause(alerted, now Stage) string {
	if now.Rank() > alerted.Rank() {
		return "now " + string(now)
	}
	if now.Open() {
		return "back to " + string(now)
	}
	return string(now)
}

// quietUntil is the instant before which no alert of a stage opens, because of
// what was said last; endOfTime if another fact must come first.
func quietUntil(f *Facts, stage Stage, t *Thresholds, cal *calendar.Calendar, now Instant) Instant {
	if f.SlippingAt != 0 && stage != Watch {
		return cal.Start(f.DateBy)
	}
	switch stage {
	case Watch:
		return workdaysLater(cal, max(f.CheckedInAt, f.CalledAt, f.NewDateAt), t.AskAgain)
	case AtRisk:
		return max(confirmedUntil(f, max(f.StillOnAt, f.NewDateAt), t, cal), rescuedUntil(f, t, cal, now))
	case Overdue:
		return rescuedUntil(f, t, cal, now)
	}
	return 0
}

// rescuedUntil is how long the call of a rescue, if that is the last one, keeps a card
// quiet: while the rescue is open, and then as long as "still on" would.
func rescuedUntil(f *Facts, t *Thresholds, cal *calendar.Calendar, now Instant) Instant {
	m := f.rescueAt(now)
	switch {
	case f.StillOnAt != 0, f.SlippingAt != 0, f.CalledAt <= f.NewDateAt, m.opened == 0, f.CalledAt < m.opened:
		return 0
	case m.open():
		return endOfTime
	}
	return workdaysLater(cal, m.closed, t.StillOn)
}

// confirmedUntil is how long "still on", or a new date, keeps the call card quiet:
// some working days, or until the last working day before the promise if that is
// sooner, but at least to the opening of the next working day.
func confirmedUntil(f *Facts, said Instant, t *Thresholds, cal *calendar.Calendar) Instant {
	if said == 0 {
		return 0
	}
	until := workdaysLater(cal, said, t.StillOn)
	if !f.Undated() {
		until = min(until, cal.Start(cal.AddWorkdays(f.Promise, -1)))
	}
	return max(until, cal.NextOpening(cal.End(cal.Today(said))))
}

// workdaysLater is the same time of day n working days later; 0 for an unknown instant.
func workdaysLater(cal *calendar.Calendar, at Instant, n int) Instant {
	if at == 0 {
		return 0
	}
	day := cal.Today(at)
	return cal.Start(cal.AddWorkdays(day, n)) + (at - cal.Start(day))
}

// Review is one look at a promise: what the rules make of it, what that means for
// its alerts, and when to look again.
type Review struct {
	Assessment
	Decision Decision
	Rung     Rung    // to be taken now; without a Step, none
	Lost     int     // how many dates are lost by now, if the account manager must be told; else 0
	Update   Date    // the customer is owed word by that day, if the owner must be told; else 0
	Handed   bool    // it has another owner, and that must be told
	Rescued  bool    // the owner must be told of a rescue by a card of its own
	Clocks   []Rung  // the rescue's steps to be taken now
	Next     Instant // the earliest of the assessment's, the decision's and the next step's; 0 = never
}

// Look assesses a promise and decides on its alerts.
func Look(f *Facts, s AlertState, t *Thresholds, cal *calendar.Calendar, now Instant) Review {
	a := Assess(f, t, cal, now)
	d := Decide(f, s, a, t, cal, now)
	return Review{Assessment: a, Decision: d, Next: calendar.Earliest(a.Next, d.Next)}
}

// Review is a whole look at a promise, from the facts known at an instant: its stage,
// its alert, the ladder of that, whether a second date is lost, and the clocks of its
// rescue. Its history is needed only if something happened since the call card opened.
func (p *Promise) Review(f *Facts, now Instant) Review {
	r := Look(f, p.stateAt(now), p.Thresholds, p.Calendar, now)
	p.climb(&r, now)
	r.lose(f, now)
	p.owesWord(&r, f, now)
	r.handOver(f)
	p.rescue(&r, f, now)
	return r
}

// lose notes a date newly lost. From the second on, of one promise, that is told.
func (r *Review) lose(f *Facts, now Instant) {
	s := &r.Decision.State
	lost := f.lostBy(now)
	if f.Closed() || lost <= s.LostTold {
		return
	}
	if s.LostTold = lost; lost >= 2 && !s.OldNews {
		r.Lost = lost
	}
}

// AlertKey identifies the fact that someone must be told, made from business data
// only: a restored database makes the same keys, and no other one does. Instance,
// commitment and recipient are the random keys, never row numbers.
func AlertKey(instance, commitment string, stage Stage, episode int, recipient, step string) string {
	return hash(instance, commitment, string(stage), strconv.Itoa(episode), recipient, step)
}

// DeliveryKey identifies one message to one destination by what it carries, in
// whatever order.
func DeliveryKey(destination string, alertKeys []string) string {
	return hash(append([]string{destination}, slices.Sorted(slices.Values(alertKeys))...)...)
}

// BesideKey identifies the fact that somebody must hear of something beside the stage:
// of says which lost date it is, the day an update was owed, the instant of a hand-over,
// the episode of a rescue.
func BesideKey(instance, commitment, step string, of int64, recipient string) string {
	return AlertKey(instance, commitment, "", int(of), recipient, step)
}

// RescueEpisode tells the alerts of one rescue of a promise from those of another.
func RescueEpisode(opened Instant) int { return int(opened / 1_000_000) }

// UpdateKey identifies one update in the thread of a message, by what it tells of.
func UpdateKey(parent string, alertKeys []string) string {
	return DeliveryKey("thread "+parent, alertKeys)
}

// FollowUpKey identifies what is told, in the thread of a message, of one thing done to a
// promise: by the version it made, and when it was recorded.
func FollowUpKey(parent, commitment string, version int64, recorded Instant) string {
	return hash("follow-up", parent, commitment, strconv.FormatInt(version, 10), strconv.FormatInt(int64(recorded), 10))
}

func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
