package commitments

import "fmt"

// Report is how promises were kept over a span of days. A promise counts where the date
// that a number scores falls, as in the digest. What is told beside the three numbers is
// of the promises that the first number counts, measured against the date it scores.
// Its JSON is a contract.
type Report struct {
	From Date     `json:"from"`
	To   Date     `json:"to"` // the last day, included
	At   Instant  `json:"at"` // later facts are not known
	Zone string   `json:"zone"`
	Step string   `json:"step"` // of OverTime: week or month
	By   Grouping `json:"by"`
	Score
	OverTime  []Period    `json:"over_time"`
	Groups    []Group     `json:"groups"` // none without By; customers most valuable first, owners by name, others largest first
	Misses    Misses      `json:"misses"`
	Late      Lateness    `json:"late"`
	Moves     Moves       `json:"moves"`
	Padding   PadUse      `json:"padding"`
	Rescues   RescuesIn   `json:"rescues"`
	Responses ResponsesIn `json:"responses"`
	Ratings   RatingsBy   `json:"ratings"`
}

// Grouping is what the promises of a report are grouped by.
type Grouping string

// The groupings.
const (
	ByTeam     Grouping = "team"
	ByKind     Grouping = "kind"
	ByOwner    Grouping = "owner"
	ByCustomer Grouping = "customer"
)

// Groupings lists them all.
var Groupings = [...]Grouping{ByTeam, ByKind, ByOwner, ByCustomer}

// MarshalJSON writes null for none.
func (g Grouping) MarshalJSON() ([]byte, error) {
	if g == "" {
		return []byte("null"), nil
	}
	return fmt.Appendf(nil, "%q", string(g)), nil
}

// Period is the three numbers of one week or month, or of what of it is in the report.
type Period struct {
	Name string `json:"name"` // 2026-W47 or 2026-11
	From Date   `json:"from"`
	To   Date   `json:"to"`
	Score
}

// Group is the numbers of one team, kind, owner or customer.
type Group struct {
	ID   ID      `json:"id"`
	Name *string `json:"name"` // null: the promises of no team, or of no kind
	Score
	DaysLate Distribution `json:"working_days_late"` // of what was delivered late
	Ratings  Stars        `json:"ratings"`

	lifetime Money
}

// Lateness is how late the broken promises came. Days are counted to the day of delivery,
// at least one; what was delivered at the stroke of midnight, on the day that ends then.
type Lateness struct {
	Delivered    int          `json:"delivered"`
	NotDelivered int          `json:"not_delivered"` // broken, and open or withdrawn
	WorkingDays  Distribution `json:"working_days"`
	CalendarDays Distribution `json:"calendar_days"`
	ByWorking    []Bucket     `json:"by_working_days"`
	ByCalendar   []Bucket     `json:"by_calendar_days"`
}

// Bucket counts promises between two numbers of days: "4-7".
type Bucket struct {
	Days  string `json:"days"`
	Count int    `json:"count"`
}

// Moves counts dates that were replaced, where the date replaced is in the span. A move
// the customer asked for before the date was due is theirs, any other is ours.
type Moves struct {
	ByUs       int `json:"by_us"`
	ByCustomer int `json:"by_customer"`
}

// PadUse is how much padding delivered promises had, and needed: of those with a target.
type PadUse struct {
	Promises int          `json:"promises"`  // delivered, with a target
	Unpadded int          `json:"unpadded"`  // of these: with no working day between target and promise
	Used     []ShareUsed  `json:"used"`      // of the others
	Days     Distribution `json:"days"`      // working days of padding
	SlipDays Distribution `json:"slip_days"` // working days after the target to the delivery; 0 = by the target
}

// ShareUsed counts promises by the share of the padding that was eaten at delivery.
type ShareUsed struct {
	Share string `json:"share"` // "none", "to 1/3", "to 2/3", "under all", "all", "beyond" (delivered late)
	Count int    `json:"count"`
}

// RatingsBy is what customers said of how we did, as the newest rating of each promise says.
type RatingsBy struct {
	All          Stars       `json:"all"`
	Kept         Stars       `json:"kept"`
	Broken       Stars       `json:"broken"` // the two that follow, together
	Late         Stars       `json:"delivered_late"`
	NotDelivered Stars       `json:"not_delivered"`
	ByDays       []RatedDays `json:"by_days_late"` // calendar days between promise and delivery
}

// RatedDays is the ratings of promises delivered so many days early or late.
type RatedDays struct {
	Days    string `json:"days"`
	Ratings Stars  `json:"ratings"`
}
