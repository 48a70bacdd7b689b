package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
)

// CustomerPage is everything about a customer that somebody may see, as it stood at an
// instant: what is outstanding, and what is closed. Its JSON is a contract.
type CustomerPage struct {
	CustomerView
	Days        CustomerDays          `json:"days"`
	Promises    []commitments.View    `json:"promises_open"`   // the loudest first
	Closed      []commitments.View    `json:"promises_closed"` // the last ones, newest first
	ClosedCount int                   `json:"closed"`          // how many there are in all
	Rescues     []CustomerRescue      `json:"rescues"`         // open ones first, newest first
	Asks        []commitments.AskView `json:"asks"`
	Touches     []CustomerTouch       `json:"touches"` // the last ones, newest first
	TouchCount  int                   `json:"touch_count"`
	Surveys     []CustomerSurvey      `json:"surveys"`   // not yet answered, oldest first
	Ratings     []CustomerRating      `json:"ratings"`   // newest first
	PlusOnes    []PlusOneView         `json:"plus_ones"` // newest first
	Response    ResponseView          `json:"response"`
	AsOf        Instant               `json:"as_of"`
}

// newest is how many closed promises, and how many contacts, a page shows.
const newest = 10

// CustomerDays are the days and hours in which a customer's promises are counted, where
// no team has others.
type CustomerDays struct {
	Calendar string    `json:"calendar"`
	Zone     string    `json:"zone"`
	Hours    string    `json:"hours"`
	Off      []DayView `json:"days_off"` // the next that are not worked, though that day of the week is
}

// CustomerRescue is a rescue beside the promise it is about.
type CustomerRescue struct {
	ID    ID     `json:"id"` // of the promise
	Title string `json:"title"`
	*commitments.RescueView
}

// CustomerTouch is a contact beside the promise it was about, if any.
type CustomerTouch struct {
	Promise ID `json:"promise" db:"commitment_id"`
	TouchView
}

// ResponseView is how soon a customer was answered, in working hours.
type ResponseView struct {
	Answered    int      `json:"answered"`
	Unanswered  int      `json:"unanswered"`   // they came to us, and have not heard from us since
	MedianHours *float64 `json:"median_hours"` // half of the answers came within them
	SlowHours   *float64 `json:"slow_hours"`   // nine of ten did
}

// CustomerPage shows a customer, by name or number, as of an instant. Who they are, whom
// to call and what they are worth are as they are now.
func (s *Store) CustomerPage(ctx context.Context, by commitments.Actor, name string, at Instant) (page CustomerPage, err error) {
	err = s.read(ctx, func(t *tx) error {
		n, err := t.named("customers", "customer", name)
		if err != nil {
			return err
		}
		r := pageReader{tx: t, by: by, customer: n.ID, at: at, page: &page}
		if page.CustomerView, err = t.customerView(by, n.ID); err != nil {
			return err
		}
		page.AsOf = at.Second()
		for _, read := range []func() error{r.days, r.promises, r.touches, r.wishes} {
			if err := read(); err != nil {
				return err
			}
		}
		return nil
	})
	return page, err
}

// pageReader reads what a customer's page shows.
type pageReader struct {
	*tx
	by       commitments.Actor
	customer ID
	at       Instant
	cal      *calendar.Calendar // the customer's
	page     *CustomerPage
}

// daysOff is how many days off a page names, of those in the year to come.
const daysOff = 3

func (r *pageReader) days() (err error) {
	if r.cal, err = r.calendarOfCustomer(r.customer); err != nil {
		return err
	}
	days := &r.page.Days
	*days = CustomerDays{Calendar: r.cal.Name(), Zone: r.cal.Zone(), Hours: r.cal.Hours().String(), Off: []DayView{}}
	today := r.cal.Today(r.at)
	for d := today; d < today+365 && len(days.Off) < daysOff; d++ {
		if !r.cal.IsWorkday(d) && len(r.cal.Hours().On(d.Weekday())) > 0 {
			days.Off = append(days.Off, DayView{Date: d, Name: r.cal.Why(d)})
		}
	}
	return nil
}

// promises reads them all, and counts them as they stood.
func (r *pageReader) promises() error {
	p := r.page
	p.Promises, p.Closed, p.Rescues, p.Open, p.Kept, p.Broken = []commitments.View{}, []commitments.View{}, []CustomerRescue{}, 0, 0, 0
	err := r.each(r.by, r.at, "WHERE c.customer_id = ? AND c.made_at <= ?", []any{r.customer, r.at}, func(_ *row, promise *commitments.Promise) {
		v, _ := promise.View(r.at)
		if v.Stage.Open() {
			p.Promises = append(p.Promises, v)
		} else {
			p.Closed = append(p.Closed, v)
		}
		for _, rescue := range promise.RescueViews(r.at) {
			p.Rescues = append(p.Rescues, CustomerRescue{v.ID, v.Title, rescue})
		}
		switch kept := v.Verdict.KeptFirst; {
		case kept == nil:
		case *kept:
			p.Kept++
		default:
			p.Broken++
		}
	})
	slices.SortStableFunc(p.Promises, func(a, b commitments.View) int {
		return cmp.Or(-cmp.Compare(a.Stage.Rank(), b.Stage.Rank()), cmp.Compare(a.DueAt, b.DueAt))
	})
	slices.SortStableFunc(p.Closed, func(a, b commitments.View) int {
		return -cmp.Compare(max(a.DeliveredAt, a.WithdrawnAt), max(b.DeliveredAt, b.WithdrawnAt))
	})
	p.Open, p.ClosedCount = len(p.Promises), len(p.Closed)
	p.Closed = p.Closed[:min(newest, len(p.Closed))]
	if err != nil {
		return err
	}
	return r.rescues()
}

// rescues orders the rescues, and names who opened and who owns them.
func (r *pageReader) rescues() error {
	slices.SortStableFunc(r.page.Rescues, func(a, b CustomerRescue) int {
		return cmp.Or(-cmp.Compare(yes(a.Open()), yes(b.Open())), -cmp.Compare(a.OpenedAt, b.OpenedAt))
	})
	named := append(pointers(r.page.Promises), pointers(r.page.Closed)...)
	all := make([]*commitments.RescueView, len(r.page.Rescues))
	for i := range all {
		all[i] = r.page.Rescues[i].RescueView
	}
	return errors.Join(r.nameRescues(named...), r.nameThose(all))
}

// touches reads the contacts: those about a promise that may not be seen say only that
// the customer was answered.
func (r *pageReader) touches() error {
	var rows []struct {
		CustomerTouch
		commitments.Subject
	}
	err := r.all(&rows, `SELECT x.commitment_id, x.at, coalesce(p.name, '') AS by_name, x.channel, x.inbound, x.reached, x.outcome, x.summary,
		c.owner_id, c.team_id, cu.manager_id FROM touches x JOIN customers cu ON cu.id = x.customer_id
		LEFT JOIN commitments c ON c.id = x.commitment_id LEFT JOIN people p ON p.id = x.by_id WHERE x.customer_id = ? AND x.at <= ? ORDER BY x.at, x.id`, r.customer, r.at)
	p := r.page
	p.Touches, p.LastTouch, p.QuietDays = []CustomerTouch{}, 0, nil
	var contacts []commitments.Contact
	for _, x := range rows {
		sees := x.Promise == 0 || r.by.Sees(x.Subject)
		contacts = append(contacts, commitments.Contact{Hidden: !sees, Touch: commitments.Touch{At: x.At, Channel: x.Channel, Inbound: x.Inbound, Reached: x.Reached}})
		if p.LastTouch = x.At; sees {
			p.Touches = append(p.Touches, x.CustomerTouch)
		}
	}
	if p.LastTouch != 0 {
		quiet := r.cal.Workdays(r.cal.Today(p.LastTouch), r.cal.Today(r.at))
		p.QuietDays = &quiet
	}
	p.TouchCount = len(p.Touches)
	slices.Reverse(p.Touches)
	p.Touches = p.Touches[:min(newest, len(p.Touches))]
	p.Response = responseView(commitments.ContactResponses(contacts, func(*commitments.Contact) bool { return true }, r.cal, r.at))
	return err
}

func responseView(found commitments.Responses) ResponseView {
	v := ResponseView{Answered: len(found.Answered), Unanswered: len(found.Unanswered)}
	if v.Answered > 0 {
		v.MedianHours, v.SlowHours = hours(found.Median()), hours(found.Slow())
	}
	return v
}

// hours is a duration in hours, to a tenth.
func hours(d time.Duration) *float64 {
	h := d.Round(6 * time.Minute).Hours()
	return &h
}

// wishes reads what the customer asked for, said of us, and was given on top.
func (r *pageReader) wishes() (err error) {
	p := r.page
	if p.Asks, err = r.askViews(r.by, r.at, "k.customer_id = ? AND k.at <= ?", r.customer, r.at); err != nil {
		return err
	}
	if p.Surveys, err = r.outstanding(r.by, r.customer, r.at); err != nil {
		return err
	}
	if p.Ratings, err = r.ratings(r.by, r.customer, r.at); err != nil {
		return err
	}
	p.PlusOnes, err = r.plusOnes(r.by, r.customer, r.cal.Zone(), r.at)
	return err
}
