package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
)

// Letter is everything needed to write one message: for whom, and what it is about.
type Letter struct {
	At           Instant  // as of when it is written
	Recipient    Person   // the zero Person for a message to a channel only
	Channel      string   // the channel of the team all of it is about: where to turn when the recipient is not found; "" if there is none
	For          Person   // whom a message to a channel is for
	Twin         bool     // for a person: all of it goes to the team's channel as well
	ToldDirectly bool     // for a channel: all of it goes to whom it is for as well
	Cards        []Card   // for alerts: those still open, most valuable customer first
	Gone         int      // alerts that are no longer true
	Keys         []string // of the alerts still open
	Update       bool     // it answers the message that carried the call cards
	Whole        bool     // the cards of alerts that are closed are there too, and what was done since it was made
	FollowUp     *FollowUp
	Broadcast    bool    // an answer in a thread that the whole channel is to see
	Digest       string  // for a digest: its JSON as stored
	DigestDue    Instant // for a digest: when its time was

	DigestKeys map[ID]string // for a digest: the keys of the promises that are in it, by number
}

// Card is one alert with what its reader needs to act on it.
type Card struct {
	Stage        commitments.Stage // what the alert is about; the promise may have moved on
	Promise      commitments.View
	Customer     string
	Lifetime     commitments.Money
	Contacts     []Contact
	Calendar     *calendar.Calendar // the customer's days, hours and zone
	LastTold     Instant            // when the customer last heard of this promise from us; 0 = never since it was made
	AlsoCalling  []Colleague        // others than its reader and the owner who call this customer, or have today
	OwnerName    string
	Climbed      *Climbed                  // for a step of the ladder, or of a rescue's clocks, after the card itself
	Rescue       bool                      // it is told because of a rescue, whatever the stage
	Dates        []commitments.PromiseDate // every date told up to now
	Clocks       []commitments.Deadline    // of the rescue that is open, those not yet met
	TeamCalendar *calendar.Calendar        // on which they run
	Lost         []commitments.PromiseDate // for a second miss: every date told up to now
	LostDates    int                       // … and how many of them were missed or moved by us
	Update       *Update                   // for word owed to the customer
	Handed       *Handed                   // for a hand-over
	May          May                       // what can be done to it now
	ClosedAt     Instant                   // since when it asks for nothing more; 0 = it does
	ClosedWhy    string                    // the event that dealt with it, or what a sweep found
	Done         []Deed                    // in a whole letter: what was done since, oldest first
	customer     ID
	owner        ID
	reader       ID // who is told
}

// Climbed is a step of a ladder: why it was taken, and by whom.
type Climbed struct {
	Step  string
	Who   string // who is told
	For   string // who is away, and would have been told; "" for nobody
	As    string // owner, backup, account manager or team lead
	Hours int    // working hours since the card opened
	Tries int    // calls since that reached nobody
}

// Contact is a person at a customer.
type Contact struct {
	Name    string `db:"name"`
	Role    string `db:"role"`
	Phone   string `db:"phone"`
	Email   string `db:"email"`
	Prefers string `db:"prefers"`
}

// MarshalJSON writes what is not known as null.
func (k Contact) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name    string  `json:"name"`
		Role    *string `json:"role"`
		Phone   *string `json:"phone"`
		Email   *string `json:"email"`
		Prefers *string `json:"prefers"`
	}{k.Name, given(k.Role), given(k.Phone), given(k.Email), given(k.Prefers)})
}

// Letter reads what a delivery carries, as of an instant.
func (s *Store) Letter(ctx context.Context, d *Delivery, at Instant) (Letter, error) {
	l := Letter{At: at, Update: d.ThreadOf != 0}
	err := s.read(ctx, func(t *tx) error {
		if err := t.addressee(d, &l); err != nil {
			return err
		}
		switch {
		case d.Digest != 0:
			return t.digestLetter(d, &l)
		case d.Event != 0:
			return t.followUpLetter(d, &l)
		}
		return t.cards(d, &l)
	})
	return l, err
}

// WholeLetter reads what a message that was sent carries, as of an instant: what it asks
// for still, and what came of the rest.
func (s *Store) WholeLetter(ctx context.Context, d *Delivery, at Instant) (Letter, error) {
	l := Letter{At: at, Whole: true}
	err := s.read(ctx, func(t *tx) error {
		if err := t.addressee(d, &l); err != nil {
			return err
		}
		if err := t.cards(d, &l); err != nil {
			return err
		}
		return t.doneSince(d.CreatedAt, &l)
	})
	return l, err
}

func (t *tx) addressee(d *Delivery, l *Letter) error {
	if person := personOf(d.Destination); person != 0 {
		if err := t.get(&l.Recipient, selectPeople+"WHERE id = ?", person); err != nil {
			return err
		}
	}
	var channels []string
	err := t.all(&channels, `SELECT DISTINCT coalesce(te.channel, '') FROM delivery_alerts da JOIN alerts a ON a.id = da.alert_id
		JOIN commitments c ON c.id = a.commitment_id LEFT JOIN teams te ON te.id = c.team_id WHERE da.delivery_id = ?`, d.ID)
	if err != nil {
		return err
	}
	if len(channels) == 1 { // nobody's promises are shown in another team's channel
		l.Channel = channels[0]
	}
	switch {
	case d.Kind != "alerts":
	case l.Recipient.ID == 0:
		return t.whoseInChannel(d, l)
	case !l.Update:
		l.Twin, err = t.toldAlso(d, "channel:%", "d.thread_of IS NULL")
	}
	return err
}

// whoseInChannel says whom a message to a channel is for.
func (t *tx) whoseInChannel(d *Delivery, l *Letter) error {
	var people []Person
	err := t.all(&people, selectPeople+"WHERE id IN (SELECT a.recipient_id FROM delivery_alerts da JOIN alerts a ON a.id = da.alert_id WHERE da.delivery_id = ?)", d.ID)
	if err != nil || len(people) != 1 {
		return err
	}
	l.For = people[0]
	l.ToldDirectly, err = t.toldAlso(d, "person:%", "1 = 1")
	return err
}

// toldAlso reports whether all that a message tells goes to destinations of another
// kind too.
func (t *tx) toldAlso(d *Delivery, destinations, which string) (bool, error) {
	var alone int
	err := t.get(&alone, `SELECT count(*) FROM delivery_alerts mine JOIN alerts a ON a.id = mine.alert_id WHERE mine.delivery_id = ? AND a.closed_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM delivery_alerts theirs JOIN deliveries d ON d.id = theirs.delivery_id
			WHERE theirs.alert_id = mine.alert_id AND `+which+` AND d.destination LIKE ? AND d.state NOT IN ('dead', 'cancelled'))`, d.ID, destinations)
	return alone == 0, err
}

func (t *tx) digestLetter(d *Delivery, l *Letter) error {
	var stored struct {
		Body string  `db:"body"`
		Due  Instant `db:"due_at"`
	}
	err := t.get(&stored, "SELECT body, due_at FROM digests WHERE id = ?", d.Digest)
	if err != nil {
		return err
	}
	l.Digest, l.DigestDue = stored.Body, stored.Due
	l.DigestKeys, err = t.digestKeys(stored.Body)
	return err
}

// told is an alert as a letter tells it.
type told struct {
	Key        string            `db:"key"`
	Commitment ID                `db:"commitment_id"`
	Stage      commitments.Stage `db:"stage"`
	Step       string            `db:"step"`
	At         Instant           `db:"at"`
	ClosedAt   Instant           `db:"closed_at"`
	ClosedWhy  string            `db:"closed_why"`
	Recipient  ID                `db:"recipient_id"`
	Who        string            `db:"who"`
	For        ID                `db:"for_id"`
	ForName    string            `db:"for_name"`
	Since      Instant           `db:"since"` // when the call card opened
}

const selectTold = `SELECT a.key, a.commitment_id, a.stage, a.step, a.at, a.closed_at, a.closed_why, a.recipient_id, r.name AS who, a.for_id, coalesce(away.name, '') AS for_name,
	(SELECT min(o.at) FROM alerts o WHERE o.commitment_id = a.commitment_id AND o.stage = a.stage AND o.episode = a.episode AND o.step = 'owner') AS since
	FROM delivery_alerts da JOIN alerts a ON a.id = da.alert_id JOIN people r ON r.id = a.recipient_id LEFT JOIN people away ON away.id = a.for_id `

func (t *tx) cards(d *Delivery, l *Letter) error {
	var alerts []told
	if err := t.all(&alerts, selectTold+"WHERE da.delivery_id = ? ORDER BY a.id", d.ID); err != nil {
		return err
	}
	shown := map[ID][]told{}
	var ids, climbed []ID
	for _, a := range alerts {
		if a.ClosedAt != 0 {
			l.Gone++
			if !l.Whole {
				continue
			}
		} else {
			l.Keys = append(l.Keys, a.Key)
		}
		shown[a.Commitment] = append(shown[a.Commitment], a)
		ids = append(ids, a.Commitment)
		if a.rung() {
			climbed = append(climbed, a.Commitment)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	chains, err := t.chains(climbed)
	if err != nil {
		return err
	}
	err = t.each(everyone, l.At, "WHERE c.id IN "+t.s.d.ids, []any{idList(ids)}, func(r *row, p *commitments.Promise) {
		for _, a := range shown[r.ID] {
			l.add(a.card(r, p, chains[r.ID], l.At))
			l.Broadcast = l.Broadcast || l.Update && strings.HasPrefix(a.Step, commitments.StepOwnerAgain)
		}
	})
	if err != nil {
		return err
	}
	if err := t.handOvers(l); err != nil {
		return err
	}
	for i := range l.Cards {
		if err := t.nameRescues(&l.Cards[i].Promise); err != nil {
			return err
		}
	}
	slices.SortStableFunc(l.Cards, func(a, b Card) int {
		return cmp.Or(-cmp.Compare(a.Lifetime.Hundredths, b.Lifetime.Hundredths), cmp.Compare(a.Customer, b.Customer),
			-cmp.Compare(a.Stage.Rank(), b.Stage.Rank()), cmp.Compare(a.Promise.DueAt, b.Promise.DueAt))
	})
	return t.customersOf(l)
}

func (a *told) rung() bool { return isRung(a.Step) }

// add puts a card into the letter. Of a rescue that one person is told of twice at once,
// the later step is enough.
func (l *Letter) add(c Card) {
	if n := len(l.Cards); n > 0 && !l.Update && c.rescueStep() && l.Cards[n-1].rescueStep() && l.Cards[n-1].Promise.ID == c.Promise.ID {
		l.Cards[n-1] = c
		return
	}
	l.Cards = append(l.Cards, c)
}

func (c *Card) rescueStep() bool {
	return c.Climbed != nil && commitments.ClockOf(c.Climbed.Step) != ""
}

// ofRescue reports whether an alert told of the rescue that is open: its card asks for as
// long as that is, also when its clocks run no longer.
func (a *told) ofRescue(r *commitments.RescueView) bool {
	told := a.Stage == commitments.Overdue || commitments.IsRescue(a.Step)
	return told && a.ClosedWhy != "handed-over" && r.Open() && a.At >= r.OpenedAt
}

// card is the alert as its reader needs it, at an instant.
func (a *told) card(r *row, p *commitments.Promise, chain commitments.Chain, at Instant) Card {
	v, _ := p.View(at)
	c := Card{
		Stage: a.Stage, Promise: v, Customer: r.Customer, customer: r.CustomerID, owner: r.OwnerID, reader: a.Recipient, Lifetime: r.Lifetime,
		Calendar: p.Calendar, LastTold: p.History.LastTold(at), OwnerName: r.Owner,
		May: mayNow(p, at), ClosedAt: a.ClosedAt, ClosedWhy: a.ClosedWhy, Rescue: commitments.IsRescue(a.Step), Dates: p.History.DatesAsOf(at), Clocks: p.Clocks(at), TeamCalendar: p.TeamCalendar,
	}
	if a.ofRescue(v.Rescue) {
		c.ClosedAt, c.ClosedWhy = 0, ""
	}
	if commitments.ClockOf(a.Step) != "" {
		a.Since = p.State.RescueClockAt
	}
	switch {
	case a.Step == commitments.StepSecondMiss:
		c.Lost, c.LostDates = c.Dates, p.History.LostBy(at, p.Calendar)
	case a.Step == commitments.StepUpdate:
		c.Update = updateOwed(p, at)
	case a.Step == commitments.StepHandOver, a.Step == commitments.StepNewOwner:
		c.Handed = handed(p, a.Step, at)
	case a.rung():
		c.Climbed = &Climbed{
			Step: a.Step, Who: a.Who, For: a.ForName, As: chain.Seat(commitments.PlaceOf(a.Step), cmp.Or(a.For, a.Recipient)).String(),
			Hours: int(p.TeamCalendar.HoursBetween(a.Since, a.At).Hours()), Tries: p.History.Tries(a.Since, a.At),
		}
	}
	return c
}

// everyone sees all: it is Kept itself, writing to whom it must.
var everyone = commitments.Actor{Role: commitments.Admin}

// FoundInSlack notes who has a person's e-mail address in Slack; "" notes that nobody
// has. It notes nothing if the person has another address meanwhile, or somebody has
// said who they are.
func (s *Store) FoundInSlack(ctx context.Context, p *Person, user string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec("UPDATE people SET slack_user = ?, sought_at = ? WHERE id = ? AND email = ? AND (slack_user = '' OR sought_at > 0)", user, t.now, p.ID, p.Email)
		return err
	})
}
