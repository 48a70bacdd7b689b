package store

import (
	"database/sql"
	"errors"
	"fmt"

	"kept/commitments"
)

// row is one commitment with the names around it.
type row struct {
	ID          ID                `db:"id"`
	Key         string            `db:"key"`
	ExternalID  string            `db:"external_id"`
	CustomerID  ID                `db:"customer_id"`
	Customer    string            `db:"customer"`
	CustomerCal ID                `db:"customer_calendar"`
	CustomerPad string            `db:"customer_padding"`
	Manager     ID                `db:"manager_id"`
	Backup      ID                `db:"backup_id"`
	Lifetime    commitments.Money `db:"lifetime_value"`
	OwnerID     ID                `db:"owner_id"`
	Owner       string            `db:"owner"`
	TeamID      ID                `db:"team_id"`
	Team        string            `db:"team"`
	KindID      ID                `db:"kind_id"`
	Kind        string            `db:"kind"`
	KindPad     string            `db:"kind_padding"`
	Title       string            `db:"title"`
	Words       string            `db:"words"`
	Link        string            `db:"link"`
	DoneMeans   string            `db:"done_means"`
	Price       commitments.Money `db:"price"`
	Value       commitments.Money `db:"value"`
	Every       int               `db:"update_every"`
	DoneAt      Instant           `db:"internal_done_at"`
	Rating      int               `db:"rating"`
	FirstDateBy Date              `db:"first_date_by"`
	FirstDate   Date              `db:"first_date"`
	commitments.Facts
	PaddingDays *int   `db:"padding_days"`
	PaddingWhy  string `db:"padding_why"`
	commitments.AlertState
	NextReview Instant `db:"next_review_at"`
	LastFact   Instant `db:"last_fact_at"`
	Version    int64   `db:"version"`
	Told       bool    `db:"-"` // see Subject
}

// selectRows reads commitments with all that row needs; what follows says which.
const selectRows = `SELECT c.id, c.key, c.external_id, c.customer_id, cu.name AS customer, cu.calendar_id AS customer_calendar,
	cu.padding AS customer_padding, cu.manager_id, cu.lifetime_value, c.owner_id, o.name AS owner, o.backup_id,
	c.team_id, coalesce(te.name, '') AS team, c.kind_id, coalesce(k.name, '') AS kind, coalesce(k.padding, '') AS kind_padding,
	c.title, c.words, c.link, c.done_means, c.price, c.value, c.first_date_by,
	coalesce(c.update_every, 0) AS update_every, c.internal_done_at, coalesce(c.rating, 0) AS rating,
	(SELECT d.promise_date FROM promise_dates d WHERE d.commitment_id = c.id AND d.place = 1) AS first_date,
	c.made_at, c.promise_date, c.promise_time, c.target_date, c.date_by, c.due_at,
	c.work_left, c.work_left_at, c.blocked, c.checked_in_at, c.called_at, c.still_on_at, c.slipping_at, c.new_date_at, c.lost,
	c.waiting_for, c.waiting_since, c.heard_at, c.handed_at, c.delivered_at, c.accepted_at, c.withdrawn_at,
	c.old_before, c.rescue_opened_at, c.rescue_owned_at, c.rescue_called_at, c.rescue_made_right_at, c.rescue_closed_at, c.rescue_clock_at, c.rescue_laddered_at,
	c.padding_days, c.padding_why,
	c.stage, c.alerted, c.alerted_at, c.episode, c.settled, c.asks_nothing, c.old_news, c.laddered_at, c.lost_told, c.update_told_at, c.handed_told_at, c.next_review_at, c.last_fact_at, c.version
	FROM commitments c JOIN customers cu ON cu.id = c.customer_id JOIN people o ON o.id = c.owner_id
	LEFT JOIN teams te ON te.id = c.team_id LEFT JOIN kinds k ON k.id = c.kind_id `

func (r *row) subject() commitments.Subject {
	return commitments.Subject{Owner: r.OwnerID, Team: r.TeamID, Manager: r.Manager, Told: r.Told}
}

// promise is the row as the rules know it, with no history yet.
func (r *row) promise(b *book, currency string) *commitments.Promise {
	p := &commitments.Promise{Calendar: b.calendarOf(r.CustomerCal, r.TeamID), TeamCalendar: b.calendarOf(0, r.TeamID), Thresholds: b.thresholdsOf(r.TeamID)}
	p.Commitment = commitments.Commitment{
		ID: r.ID, Key: r.Key, ExternalID: r.ExternalID,
		Customer: commitments.Ref{ID: r.CustomerID, Name: r.Customer}, Owner: commitments.Ref{ID: r.OwnerID, Name: r.Owner},
		Team: commitments.Ref{ID: r.TeamID, Name: r.Team}, Kind: commitments.Ref{ID: r.KindID, Name: r.Kind},
		Title: r.Title, Words: r.Words, Link: r.Link, DoneMeans: r.DoneMeans, Price: r.Price, Value: r.Value, Currency: currency,
		Every: r.Every, DoneAt: r.DoneAt, Rating: r.Rating,
		FirstDate: r.FirstDate, Facts: r.Facts, PaddingDays: r.PaddingDays, PaddingWhy: r.PaddingWhy,
		State: r.AlertState, NextReview: r.NextReview, LastFact: r.LastFact, Version: r.Version,
	}
	p.History = commitments.History{MadeAt: r.MadeAt, DateBy: r.FirstDateBy, OldBefore: r.OldBefore}
	p.Padding = paddingSources(b, r)
	return p
}

func paddingSources(b *book, r *row) []commitments.Source {
	var sources []commitments.Source
	add := func(whose, rule string) {
		if parsed, err := commitments.ParseRule(rule); err == nil && !parsed.IsZero() {
			sources = append(sources, commitments.Source{Whose: whose, Rule: parsed})
		}
	}
	add("customer "+r.Customer, r.CustomerPad)
	add("kind "+r.Kind, r.KindPad)
	if team := b.teams[r.TeamID]; team != nil {
		add("team "+team.Name, team.PaddingAs)
	}
	return sources
}

// load finds one promise by number or external id, with its history, for a person
// who may see it. To others it does not exist.
func (t *tx) load(by commitments.Actor, ref string, hold bool) (*commitments.Promise, *row, error) {
	notFound := commitments.NotFound("id", fmt.Sprintf("there is no promise %q", shorten(ref)))
	id, err := t.resolve(ref, hold)
	if err != nil {
		return nil, nil, found(err, "id", notFound.(*commitments.Error).Message)
	}
	var r row
	if err := t.get(&r, selectRows+"WHERE c.id = ?", id); err != nil {
		return nil, nil, err
	}
	if r.Told, err = t.isTold(by, &r); err != nil {
		return nil, nil, err
	}
	if !by.Sees(r.subject()) {
		return nil, nil, notFound
	}
	b, err := t.book()
	if err != nil {
		return nil, nil, err
	}
	p := r.promise(b, t.s.settings.Currency)
	return p, &r, t.readHistories(map[ID]*commitments.Promise{id: p}, "= ?", id)
}

// isTold reports whether somebody from elsewhere was told to act on a promise, as a
// backup or a substitute may be, and may still.
func (t *tx) isTold(by commitments.Actor, r *row) (bool, error) {
	if by.Sees(r.subject()) {
		return false, nil
	}
	var open int
	err := t.get(&open, "SELECT count(*) FROM alerts WHERE commitment_id = ? AND recipient_id = ? AND closed_at IS NULL", r.ID, by.ID)
	return open > 0, err
}

// resolve finds a commitment's id by number, external id or key, and holds its row if
// it is to be changed.
func (t *tx) resolve(ref string, hold bool) (id ID, err error) {
	suffix := ""
	if hold {
		suffix = t.s.d.forUpdate
	}
	if n, ok := reference(ref); ok {
		err = t.get(&id, "SELECT c.id FROM commitments c WHERE c.id = ?"+suffix, n)
		if err == nil {
			return id, nil
		}
	}
	err = t.get(&id, "SELECT c.id FROM commitments c WHERE c.external_id = ? AND c.external_id <> ''"+suffix, ref)
	if errors.Is(err, sql.ErrNoRows) { // an export names a promise without one by its key
		err = t.get(&id, "SELECT c.id FROM commitments c WHERE c.key = ?"+suffix, ref)
	}
	return id, err
}

// readHistories fills in the dated facts of promises; which is what follows
// commitment_id in WHERE.
func (t *tx) readHistories(promises map[ID]*commitments.Promise, which string, arg any) error {
	var dates []struct {
		Commitment ID `db:"commitment_id"`
		commitments.PromiseDate
	}
	err := t.all(&dates, `SELECT commitment_id, place, promise_date, promise_time, target_date, due_at, told_at, told_by, asked_by, why, replaced_at, accepted_at, accepted_by
		FROM promise_dates WHERE commitment_id `+which+" ORDER BY commitment_id, place", arg)
	if err != nil {
		return err
	}
	for _, d := range dates {
		if p := promises[d.Commitment]; p != nil {
			p.History.Dates = append(p.History.Dates, d.PromiseDate)
		}
	}
	return t.readFacts(promises, which, arg)
}

func (t *tx) readFacts(promises map[ID]*commitments.Promise, which string, arg any) error {
	var checkIns []struct {
		Commitment ID `db:"commitment_id"`
		commitments.CheckIn
	}
	err := t.all(&checkIns, "SELECT commitment_id, at, by_id, work_left, blocked, note FROM check_ins WHERE commitment_id "+which+" ORDER BY id", arg)
	if err != nil {
		return err
	}
	for _, c := range checkIns {
		if p := promises[c.Commitment]; p != nil {
			p.History.CheckIns = append(p.History.CheckIns, c.CheckIn)
		}
	}
	var touches []struct {
		Commitment ID `db:"commitment_id"`
		commitments.Touch
	}
	err = t.all(&touches, "SELECT commitment_id, at, by_id, channel, inbound, reached, outcome, date_by, summary FROM touches WHERE commitment_id "+which+" ORDER BY id", arg)
	if err != nil {
		return err
	}
	for _, c := range touches {
		if p := promises[c.Commitment]; p != nil {
			p.History.Touches = append(p.History.Touches, c.Touch)
		}
	}
	var turns []struct {
		Commitment ID `db:"commitment_id"`
		commitments.Turn
	}
	err = t.all(&turns, "SELECT commitment_id, at, by_id, turn, why, until, who FROM turns WHERE commitment_id "+which+" ORDER BY id", arg)
	for _, c := range turns {
		if p := promises[c.Commitment]; p != nil {
			p.History.Turns = append(p.History.Turns, c.Turn)
		}
	}
	if err != nil {
		return err
	}
	if err := t.readRescues(promises, which, arg); err != nil {
		return err
	}
	return t.readRatings(promises, which, arg)
}

// asOf is what was known of a promise at an instant; false if it was not yet made.
// A promise with no newer facts is what its row says, so its history is not needed.
func asOf(p *commitments.Promise, at Instant) (commitments.Facts, bool) {
	if p.LastFact <= at {
		return p.Facts, true
	}
	return p.History.AsOf(at, p.Calendar)
}

// shorten makes a typed value fit into an error line.
func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
