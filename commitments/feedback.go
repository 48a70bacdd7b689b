package commitments

import (
	"fmt"
	"time"
)

// How long the link of a survey works, and how long somebody who was asked is not
// asked again.
const (
	SurveyOpen = 30 * 24 * time.Hour
	SurveyRest = 90 * 24 * time.Hour
)

// LetDown is the rating from which down a customer was let down.
const LetDown = 2

// Survey is the question to a customer how we did, by a link that works once.
type Survey struct {
	ID        ID      `json:"id"` // once it is recorded
	At        Instant `json:"at"`
	By        ID      `json:"by"`
	Contact   ID      `json:"contact,omitzero"` // whom we asked; 0 = nobody there is known by name
	TokenHash string  `json:"-"`                // of the link's token, which is kept nowhere
	ExpiresAt Instant `json:"expires_at"`
}

// Rating is what a customer said of how we did, in a number and in words. Silence is
// no rating: it is unknown, not good.
type Rating struct {
	At      Instant `db:"at" json:"at"`
	By      ID      `db:"by_id" json:"by,omitzero"`           // who entered it; 0 = the customer, on the page of a survey
	Survey  ID      `db:"survey_id" json:"survey,omitzero"`   // 0 = entered by hand
	Contact ID      `db:"contact_id" json:"contact,omitzero"` // who said it; 0 = not known
	Name    string  `db:"contact" json:"-"`                   // what that contact is called now
	Rating  int     `db:"rating" json:"rating"`               // 1 poor … 5 great
	Comment string  `db:"comment" json:"comment,omitempty"`
}

// RatingView is a rating as it is shown.
type RatingView struct {
	Rating  int     `json:"rating"`
	Comment *string `json:"comment"`
	At      Instant `json:"at"`
	By      *string `json:"by"` // who at the customer said it; null is not known
}

// View shows the rating.
func (r *Rating) View() RatingView {
	return RatingView{Rating: r.Rating, Comment: given(r.Comment), At: r.At, By: given(r.Name)}
}

// Words are the customer's own; "" if they gave none.
func (v *RatingView) Words() string {
	if v.Comment == nil {
		return ""
	}
	return *v.Comment
}

// RatingsAsOf are the ratings known at an instant, oldest first.
func (h *History) RatingsAsOf(at Instant) []Rating {
	return inOrder(h.Ratings, at, func(r Rating) Instant { return r.At })
}

// RatingAsOf is the newest rating known at an instant; nil if there is none.
func (h *History) RatingAsOf(at Instant) *Rating {
	known := h.RatingsAsOf(at)
	if len(known) == 0 {
		return nil
	}
	return &known[len(known)-1]
}

// ratingView is the newest rating known at an instant as it is shown; nil if there is none.
func (h *History) ratingView(at Instant) *RatingView {
	r := h.RatingAsOf(at)
	if r == nil {
		return nil
	}
	v := r.View()
	return &v
}

// LetDownAt is when a customer said that they were let down, which no rescue has taken
// up by an instant; 0 if their newest rating says nothing of the kind.
func (h *History) LetDownAt(at Instant) Instant {
	r := h.RatingAsOf(at)
	if r == nil || r.Rating > LetDown {
		return 0
	}
	all := h.Rescues(at)
	if n := len(all); n > 0 && (all[n-1].Open() || all[n-1].ClosedAt >= r.At) {
		return 0
	}
	return r.At
}

// Ask records that the customer was asked how we did. That nobody is asked too often,
// nor while a rescue is open, is about more than this promise, and the caller's to see to.
func (p *Promise) Ask(at Instant, by, contact ID, tokenHash string) (Change, error) {
	if err := p.overWith(at); err != nil {
		return Change{}, err
	}
	for _, r := range p.History.Ratings {
		if r.Survey != 0 && r.At >= p.DeliveredAt {
			return Change{}, Refused("", fmt.Sprintf("promise %d: the customer has answered already, on %s: %d of 5", p.ID, p.Calendar.Today(r.At).Human(), r.Rating))
		}
	}
	s := Survey{At: at, By: by, Contact: contact, TokenHash: tokenHash, ExpiresAt: at.Add(SurveyOpen)}
	return Change{Event: "survey-asked", At: at, By: by, Survey: &s}, nil
}

// Rate records what the customer said, entered by hand. Contact is who of them did; 0
// is not known.
func (p *Promise) Rate(at Instant, r Rating) (Change, error) {
	if err := p.overWith(at); err != nil {
		return Change{}, err
	}
	return p.Rated(at, r)
}

// Rated records what the customer answered to a survey, or what a list says they did.
// That counts whatever has become of the promise since.
func (p *Promise) Rated(at Instant, r Rating) (Change, error) {
	if r.Rating < 1 || r.Rating > 5 {
		return Change{}, Invalid("rating", "want a whole number from 1, poor, to 5, great")
	}
	r.At = at
	return Change{Event: "rated", At: at, By: r.By, Rating: &r}, nil
}

// overWith refuses what only a delivered promise can have.
func (p *Promise) overWith(at Instant) error {
	switch {
	case p.WithdrawnAt != 0:
		return Refused("", fmt.Sprintf("promise %d was withdrawn: nothing was delivered that the customer could judge", p.ID))
	case p.DeliveredAt == 0:
		return Refused("", fmt.Sprintf("promise %d is not delivered yet: ask the customer how we did once it is", p.ID))
	case at < p.DeliveredAt:
		return Refused("at", fmt.Sprintf("that is before promise %d was delivered, %s", p.ID, p.DeliveredAt))
	}
	return nil
}
