package commitments

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Share is a fraction of the padding, kept exact: a third is 1/3, not 0.33.
type Share struct{ Num, Den int }

// reached reports whether n of total is at least the share.
func (s Share) reached(n, total int) bool { return n > 0 && n*s.Den >= total*s.Num }

func (s Share) String() string { return fmt.Sprintf("%d/%d", s.Num, s.Den) }

// Thresholds are the numbers of the risk rules; a team may change any of them.
// All days are working days, all hours working hours.
type Thresholds struct {
	WatchBurn     Share // padding burn from which to watch
	RiskBurn      Share // padding burn from which a promise is at risk
	SilentDays    int   // days without a word
	SilentWithin  int   // … counted only when the promise is at most this far
	BlockedWithin int   // blocked is a risk when the target is at most this far
	NoDateWithin  int   // how long before date-by to ask for the date
	AskAgain      int   // days after a check-in, call or new date in which no question is asked
	StillOn       int   // days of quiet that "still on" buys
	OwnerAgain    int   // hours after which the owner is told again, if nobody has called
	Backup        int   // … the owner's backup
	Manager       int   // … the account manager
	NotReached    int   // hours after a try that reached nobody until the owner is told again
	Ack           int   // hours for which "I'm on it" stops the ladder
	SnoozeDays    int   // days for which a call can be put off at most
	NoticeDays    int   // … but not past this many days before it is due
	QuietDays     int   // days without any contact after which a promise went quiet
	BusyWeek      int   // promises of one owner due in one week, beyond which that is too many

	RescueOwn       int // hours after which the backup is told that nobody owns a rescue; the account manager after as many again
	RescueCall      int // … that nobody has called the customer
	RescueMakeRight int // … that it was not made right
}

// DefaultThresholds are the numbers every team starts with.
var DefaultThresholds = Thresholds{
	WatchBurn: Share{1, 3}, RiskBurn: Share{2, 3},
	SilentDays: 5, SilentWithin: 10, BlockedWithin: 2, NoDateWithin: 2, AskAgain: 3, StillOn: 3,
	OwnerAgain: 4, Backup: 8, Manager: 12, NotReached: 4, Ack: 4, SnoozeDays: 2, NoticeDays: 1, QuietDays: 10, BusyWeek: 5,
	RescueOwn: 1, RescueCall: 2, RescueMakeRight: 16,
}

// days are the thresholds that are plain numbers of days, by the names people type.
func (t *Thresholds) days() map[string]*int {
	return map[string]*int{
		"silent-days": &t.SilentDays, "silent-within": &t.SilentWithin, "blocked-within": &t.BlockedWithin,
		"no-date-within": &t.NoDateWithin, "ask-again": &t.AskAgain, "still-on": &t.StillOn,
		"snooze-days": &t.SnoozeDays, "notice-days": &t.NoticeDays, "quiet-days": &t.QuietDays,
	}
}

// numbers are the thresholds that are plain numbers of promises.
func (t *Thresholds) numbers() map[string]*int { return map[string]*int{"busy-week": &t.BusyWeek} }

// hours are the thresholds that are numbers of hours.
func (t *Thresholds) hours() map[string]*int {
	return map[string]*int{
		"owner-again-hours": &t.OwnerAgain, "backup-hours": &t.Backup, "manager-hours": &t.Manager,
		"not-reached-hours": &t.NotReached, "ack-hours": &t.Ack,
		"rescue-own-hours": &t.RescueOwn, "rescue-call-hours": &t.RescueCall, "rescue-make-right-hours": &t.RescueMakeRight,
	}
}

// shares are the thresholds that are shares of the padding.
func (t *Thresholds) shares() map[string]*Share {
	return map[string]*Share{"watch-burn": &t.WatchBurn, "risk-burn": &t.RiskBurn}
}

// Set changes one threshold by its typed name: silent-days=7, risk-burn=3/4.
func (t *Thresholds) Set(name, value string) error {
	if d := t.days()[name]; d != nil {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > 250 || n == 0 && (name == "silent-days" || name == "quiet-days") {
			return Invalid("threshold", fmt.Sprintf("%s=%s: want a number of working days up to 250", name, value))
		}
		*d = n
		return nil
	}
	for unit, numbers := range map[string]map[string]*int{"working hours": t.hours(), "promises": t.numbers()} {
		if h := numbers[name]; h != nil {
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > 250 {
				return Invalid("threshold", fmt.Sprintf("%s=%s: want a number of %s from 1 to 250", name, value, unit))
			}
			*h = n
			return nil
		}
	}
	s := t.shares()[name]
	if s == nil {
		return Invalid("threshold", fmt.Sprintf("%q is not a threshold: there are %s", name, strings.Join(ThresholdNames(), ", ")))
	}
	num, den, _ := strings.Cut(value, "/")
	n, err1 := strconv.Atoi(num)
	d, err2 := strconv.Atoi(den)
	if err1 != nil || err2 != nil || n < 1 || d < n || d > 1000 {
		return Invalid("threshold", fmt.Sprintf("%s=%s: want a fraction of the padding such as 1/3", name, value))
	}
	*s = Share{n, d}
	return nil
}

// ThresholdNames lists what Set takes, in order.
func ThresholdNames() []string {
	var t Thresholds
	names := make([]string, 0, 16)
	for name := range t.days() {
		names = append(names, name)
	}
	for name := range t.hours() {
		names = append(names, name)
	}
	for name := range t.numbers() {
		names = append(names, name)
	}
	for name := range t.shares() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ParseThresholds reads the JSON object a team's changes are stored as, on top of
// the defaults.
func ParseThresholds(stored string) (Thresholds, error) {
	t := DefaultThresholds
	var changes map[string]string
	if err := json.Unmarshal([]byte(stored), &changes); err != nil {
		return t, fmt.Errorf("thresholds: %w", err)
	}
	for name, value := range changes {
		if err := t.Set(name, value); err != nil {
			return t, err
		}
	}
	return t, t.inOrder()
}

// inOrder refuses a ladder, or clocks of a rescue, whose steps do not follow one another.
func (t *Thresholds) inOrder() error {
	for _, names := range [...][3]string{
		{"owner-again-hours", "backup-hours", "manager-hours"},
		{"rescue-own-hours", "rescue-call-hours", "rescue-make-right-hours"},
	} {
		first, second, third := *t.hours()[names[0]], *t.hours()[names[1]], *t.hours()[names[2]]
		if first >= second || second >= third {
			return Invalid("threshold", fmt.Sprintf("%s=%d, %s=%d, %s=%d: each must be more than the one before",
				names[0], first, names[1], second, names[2], third))
		}
	}
	return nil
}
