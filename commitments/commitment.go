// Package commitments is what Kept knows about promises: their two dates, when
// they are at risk and why, what may be done to them and what that changes, who
// must be told, and what they are worth. Everything here is a pure function of
// facts and an instant; nothing here reads a clock, a database or a network.
package commitments

import "kept/commitments/calendar"

type (
	// Date is a civil date; see calendar.Date.
	Date = calendar.Date
	// Instant is a moment in time; see calendar.Instant.
	Instant = calendar.Instant
	// Clock is a time of day; see calendar.Clock.
	Clock = calendar.Clock
)

// Stage is where a promise stands. The words are the same in SQL, JSON, on the
// command line and in Slack.
type Stage string

// The stages, from quiet to loud, then the two ends.
const (
	OnTrack   Stage = "on-track"
	Watch     Stage = "watch"
	AtRisk    Stage = "at-risk"
	Overdue   Stage = "overdue"
	Delivered Stage = "delivered"
	Withdrawn Stage = "withdrawn"
)

// Stages lists them all, in order.
var Stages = [...]Stage{OnTrack, Watch, AtRisk, Overdue, Delivered, Withdrawn}

// Rank orders the open stages by how loud they are; the two ends rank lowest.
func (s Stage) Rank() int {
	switch s {
	case Watch:
		return 1
	case AtRisk:
		return 2
	case Overdue:
		return 3
	}
	return 0
}

// Open reports whether something is still owed.
func (s Stage) Open() bool { return s != Delivered && s != Withdrawn }

// Facts are what the rules read of one commitment, as known at one instant.
type Facts struct {
	MadeAt      Instant `db:"made_at"`
	Promise     Date    `db:"promise_date"`
	PromiseTime Clock   `db:"promise_time"`
	Target      Date    `db:"target_date"`
	DateBy      Date    `db:"date_by"` // undated, or slipping: the day by which we owe the customer a date
	DueAt       Instant `db:"due_at"`  // end of the promised day, the promised time, or the end of date-by

	WorkLeft    Days    `db:"work_left"` // counted from WorkLeftAt; means nothing while that is unknown
	WorkLeftAt  Instant `db:"work_left_at"`
	Blocked     string  `db:"blocked"`
	CheckedInAt Instant `db:"checked_in_at"`
	CalledAt    Instant `db:"called_at"`   // the last call that reached the customer
	StillOnAt   Instant `db:"still_on_at"` // that call, if it confirmed the date
	SlippingAt  Instant `db:"slipping_at"` // that call, if it said the date will not hold
	NewDateAt   Instant `db:"new_date_at"`
	Lost        int     `db:"lost"` // dates told that were missed, or moved by us, and have been replaced

	WaitingFor   string  `db:"waiting_for"`
	WaitingSince Instant `db:"waiting_since"`
	HeardAt      Instant `db:"heard_at"`  // last time the customer heard of it from us since it was made
	HandedAt     Instant `db:"handed_at"` // last time it was given to another owner
	DeliveredAt  Instant `db:"delivered_at"`
	AcceptedAt   Instant `db:"accepted_at"` // when the customer accepted what was delivered
	WithdrawnAt  Instant `db:"withdrawn_at"`

	OldBefore         Instant `db:"old_before"`       // dates missed up to then open no rescue
	RescueOpenedAt    Instant `db:"rescue_opened_at"` // the newest rescue, as the newest fact left it
	RescueOwnedAt     Instant `db:"rescue_owned_at"`
	RescueCalledAt    Instant `db:"rescue_called_at"`
	RescueMadeRightAt Instant `db:"rescue_made_right_at"`
	RescueClosedAt    Instant `db:"rescue_closed_at"`
}

// Closed reports whether nothing is owed any more.
func (f *Facts) Closed() bool { return f.DeliveredAt != 0 || f.WithdrawnAt != 0 }

// Undated reports whether the customer has not been told a date yet.
func (f *Facts) Undated() bool { return f.Promise == 0 }

// lostBy counts the dates that were missed, or moved by us, up to an instant.
func (f *Facts) lostBy(now Instant) int {
	if !f.Undated() && now > f.DueAt {
		return f.Lost + 1
	}
	return f.Lost
}

// LostBy counts the dates that were missed, or moved by us, up to an instant.
func (h *History) LostBy(at Instant, cal *calendar.Calendar) int {
	f, _ := h.AsOf(at, cal)
	return f.lostBy(at)
}

// Ref names a person, customer, team or kind.
type Ref struct {
	ID   ID
	Name string
}

// Commitment is one promise to one customer, with one accountable owner.
type Commitment struct {
	ID         ID
	Key        string // random; alerts and messages are tied to it, never to ID
	ExternalID string
	Customer   Ref
	Owner      Ref
	Team       Ref
	Kind       Ref
	Title      string
	Words      string // what we told the customer
	Link       string
	DoneMeans  string
	Price      Money
	Value      Money
	Currency   string
	Every      int     // working days between updates owed to the customer; 0 = none were promised
	DoneAt     Instant // when we were done with it ourselves, where a list says so
	Rating     int     // 1 to 5, the customer's newest; 0 = unknown
	FirstDate  Date    // the promise date as first told, for ever

	Facts
	PaddingDays *int // working days after the target, up to and including the promise
	PaddingWhy  string
	State       AlertState
	NextReview  Instant
	LastFact    Instant // the newest instant of all facts
	Version     int64
}
