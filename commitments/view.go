package commitments

import (
	"encoding/json"

	"kept/commitments/calendar"
)

// View is a commitment as it is shown, as of one instant. Its JSON is a contract:
// fields keep their names and meaning, and unknown is null.
type View struct {
	ID          ID       `json:"id"`
	Key         string   `json:"-"` // random: what buttons carry
	ExternalID  *string  `json:"external_id"`
	Customer    string   `json:"customer"`
	Owner       string   `json:"owner"`
	Team        *string  `json:"team"`
	Kind        *string  `json:"kind"`
	Title       string   `json:"title"`
	Words       *string  `json:"words"`
	Link        *string  `json:"link"`
	DoneMeans   *string  `json:"done_means"`
	Price       Money    `json:"price"`
	Value       Money    `json:"value"`
	Currency    string   `json:"currency"`
	MadeAt      Instant  `json:"made_at"`
	DateBy      Date     `json:"date_by"`
	Target      Date     `json:"target_date"`
	Promise     Date     `json:"promise_date"`
	PromiseTime *string  `json:"promise_time"`
	FirstDate   Date     `json:"first_promise_date"`
	PaddingDays *int     `json:"padding_days"`
	PaddingWhy  *string  `json:"padding_why"`
	DueAt       Instant  `json:"due_at"`
	Zone        string   `json:"zone"`
	Stage       Stage    `json:"stage"`
	Reasons     []Reason `json:"reasons"`
	NextReview  Instant  `json:"next_review_at"`
	WorkLeft    *Left    `json:"work_left"`
	Blocked     *string  `json:"blocked"`
	WaitingFor  *string  `json:"waiting_for"`

	Waiting    *Waiting `json:"waiting"`
	WaitedDays int      `json:"waited_days"`     // working days spent waiting for the customer, over all waits
	UpdateDue  Date     `json:"next_update_due"` // the day by which the customer is owed word; null where none was promised
	QuietDays  *int     `json:"quiet_days"`      // working days without any contact about it; null once nothing is owed
	Quiet      bool     `json:"quiet"`           // … which is as many as the team's quiet-days
	AcceptedAt Instant  `json:"accepted_at"`     // when the customer accepted what was delivered
	AcceptedBy *string  `json:"accepted_by"`

	DeliveredAt Instant     `json:"delivered_at"`
	WithdrawnAt Instant     `json:"withdrawn_at"`
	AckedAt     Instant     `json:"acked_at"`      // somebody has been on the call since, and still is
	Snoozed     Instant     `json:"snoozed_until"` // the call was put off until then
	Verdict     Verdict     `json:"verdict"`
	Rating      *RatingView `json:"rating"`             // the customer's newest
	LetDown     bool        `json:"let_down"`           // so it says, and no rescue has taken that up
	Rescue      *RescueView `json:"rescue"`             // the newest; null if there was none
	Warnings    []Warning   `json:"warnings,omitempty"` // of what was just recorded
	Version     int64       `json:"version"`
	AsOf        Instant     `json:"as_of"` // the instant it is shown as of
	Subject     Subject     `json:"-"`     // what decides who may do what to it, where it was asked for
}

// Left is the owner's last answer, in working days, and when it was given.
type Left struct {
	Days float64 `json:"days"`
	At   Instant `json:"at"`
}

// View shows the promise as it stood at an instant; false if it was not yet made.
func (p *Promise) View(at Instant) (View, bool) {
	f, made := p.History.AsOf(at, p.Calendar)
	if !made {
		return View{}, false
	}
	look := p.Review(&f, at)
	v := View{
		ID: p.ID, Key: p.Key, ExternalID: given(p.ExternalID), Customer: p.Customer.Name, Owner: p.Owner.Name,
		Team: given(p.Team.Name), Kind: given(p.Kind.Name), Title: p.Title, Words: given(p.Words), Link: given(p.Link),
		DoneMeans: given(p.DoneMeans), Price: p.Price, Value: p.Value, Currency: p.Currency,
		MadeAt: p.MadeAt, DateBy: f.DateBy, Target: f.Target, Promise: f.Promise, PromiseTime: given(f.PromiseTime.String()),
		FirstDate: p.firstDate(at), PaddingDays: padding(&f, p.Calendar), PaddingWhy: given(p.PaddingWhy), DueAt: f.DueAt,
		Zone: p.Calendar.Zone(), Stage: look.Stage, Reasons: look.Reasons, NextReview: look.Next,
		Blocked: given(f.Blocked), WaitingFor: given(f.WaitingFor), Waiting: waiting(&f, p.Calendar, at), WaitedDays: p.History.WaitedDays(at, p.Calendar),
		UpdateDue: p.NextUpdate(&f), AcceptedAt: f.AcceptedAt, AcceptedBy: given(p.History.acceptedBy(&f)),
		DeliveredAt: f.DeliveredAt, WithdrawnAt: f.WithdrawnAt, Verdict: p.History.Verdict(at, p.Calendar), Version: p.Version, AsOf: at.Second(),
	}
	v.AckedAt, v.Snoozed = p.Paused(at)
	v.Rating, v.LetDown = p.History.ratingView(at), p.History.LetDownAt(at) != 0
	v.Rescue = p.rescueView(&f, at)
	if v.Reasons == nil {
		v.Reasons = []Reason{}
	}
	if !f.Closed() {
		days := p.History.QuietDays(at, p.Calendar)
		v.QuietDays, v.Quiet = &days, days >= p.Thresholds.QuietDays
	}
	if f.WorkLeftAt != 0 {
		v.WorkLeft = &Left{float64(f.WorkLeft) / 100, f.WorkLeftAt}
	}
	return v, true
}

// firstDate is the date first told, as far as known at an instant.
func (p *Promise) firstDate(at Instant) Date {
	if known := p.History.datesKnown(at); len(known) > 0 {
		return known[0].Promise
	}
	return 0
}

// given is nil for a text that was not given.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// padding counts the working days after the target up to and including the
// promise; nil where there is no target or no promise.
func padding(f *Facts, cal *calendar.Calendar) *int {
	if f.Target == 0 || f.Undated() {
		return nil
	}
	n := cal.Workdays(f.Target, f.Promise)
	return &n
}

// Text is a text that JSON shows as null where there is none.
type Text string

// MarshalJSON writes the text, or null.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(given(string(t))) }
