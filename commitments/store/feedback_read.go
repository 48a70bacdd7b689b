package store

import (
	"context"

	"kept/commitments"
)

// readRatings fills in what customers said of promises; which is what follows
// commitment_id in WHERE.
func (t *tx) readRatings(promises map[ID]*commitments.Promise, which string, arg any) error {
	var ratings []struct {
		Commitment ID `db:"commitment_id"`
		commitments.Rating
	}
	err := t.all(&ratings, `SELECT x.commitment_id, x.at, x.by_id, x.survey_id, x.contact_id, coalesce(k.name, '') AS contact, x.rating, x.comment
		FROM ratings x LEFT JOIN contacts k ON k.id = x.contact_id WHERE x.commitment_id `+which+" ORDER BY x.id", arg)
	for _, r := range ratings {
		if p := promises[r.Commitment]; p != nil {
			p.History.Ratings = append(p.History.Ratings, r.Rating)
		}
	}
	return err
}

// SurveyView is a survey as it is shown to us.
type SurveyView struct {
	AskedAt    Instant `json:"asked_at" db:"asked_at"`
	AskedBy    *string `json:"asked_by" db:"asked_by"`
	Contact    *string `json:"contact" db:"contact"`
	ExpiresAt  Instant `json:"expires_at" db:"expires_at"`
	AnsweredAt Instant `json:"answered_at" db:"answered_at"`
}

// Outstanding reports whether the survey may still be answered after an instant.
func (v *SurveyView) Outstanding(at Instant) bool { return v.AnsweredAt == 0 && v.ExpiresAt > at }

// surveys are those of a promise that were known at an instant, oldest first.
func (t *tx) surveys(commitment ID, at Instant) ([]SurveyView, error) {
	all := []SurveyView{}
	err := t.all(&all, `SELECT s.asked_at, p.name AS asked_by, k.name AS contact, s.expires_at, CASE WHEN s.answered_at <= ? THEN s.answered_at END AS answered_at
		FROM surveys s LEFT JOIN people p ON p.id = s.asked_by LEFT JOIN contacts k ON k.id = s.contact_id
		WHERE s.commitment_id = ? AND s.asked_at <= ? ORDER BY s.asked_at, s.id`, at, commitment, at)
	return all, err
}

// CustomerSurvey is a survey beside the promise it is about.
type CustomerSurvey struct {
	ID    ID     `json:"id"` // of the promise
	Title string `json:"title"`
	SurveyView
}

// outstanding are the surveys that a customer might still answer at an instant, of the
// promises that a person may see, oldest first.
func (t *tx) outstanding(by commitments.Actor, customer ID, at Instant) ([]CustomerSurvey, error) {
	var rows []struct {
		ID    ID     `db:"id"`
		Title string `db:"title"`
		commitments.Subject
		SurveyView
	}
	err := t.all(&rows, `SELECT c.id, c.title, c.owner_id, c.team_id, cu.manager_id, s.asked_at, p.name AS asked_by, k.name AS contact, s.expires_at
		FROM surveys s JOIN commitments c ON c.id = s.commitment_id JOIN customers cu ON cu.id = c.customer_id
		LEFT JOIN people p ON p.id = s.asked_by LEFT JOIN contacts k ON k.id = s.contact_id
		WHERE c.customer_id = ? AND s.asked_at <= ? AND s.expires_at > ? AND (s.answered_at IS NULL OR s.answered_at > ?) ORDER BY s.asked_at, s.id`, customer, at, at, at)
	views := []CustomerSurvey{}
	for i := range rows {
		r := &rows[i]
		if by.Sees(r.Subject) {
			views = append(views, CustomerSurvey{r.ID, r.Title, r.SurveyView})
		}
	}
	return views, err
}

// ratingsOf are a promise's ratings that were known at an instant, oldest first.
func ratingsOf(p *commitments.Promise, at Instant) []commitments.RatingView {
	views := []commitments.RatingView{}
	for _, r := range p.History.RatingsAsOf(at) {
		views = append(views, r.View())
	}
	return views
}

// CustomerRating is a rating beside the promise it is about.
type CustomerRating struct {
	ID    ID     `json:"id"` // of the promise
	Title string `json:"title"`
	commitments.RatingView
}

// Ratings are all that a customer, by name or number, had said by an instant of the
// promises that a person may see, newest first.
func (s *Store) Ratings(ctx context.Context, by commitments.Actor, customer string, at Instant) ([]CustomerRating, error) {
	views := []CustomerRating{}
	err := s.read(ctx, func(t *tx) error {
		n, err := t.named("customers", "customer", customer)
		if err != nil {
			return err
		}
		views, err = t.ratings(by, n.ID, at)
		return err
	})
	return views, err
}

func (t *tx) ratings(by commitments.Actor, customer ID, at Instant) ([]CustomerRating, error) {
	var rows []struct {
		ID    ID     `db:"id"`
		Title string `db:"title"`
		commitments.Subject
		commitments.Rating
	}
	err := t.all(&rows, `SELECT c.id, c.title, c.owner_id, c.team_id, cu.manager_id, x.at, coalesce(k.name, '') AS contact, x.rating, x.comment
		FROM ratings x JOIN commitments c ON c.id = x.commitment_id JOIN customers cu ON cu.id = c.customer_id LEFT JOIN contacts k ON k.id = x.contact_id
		WHERE c.customer_id = ? AND x.at <= ? ORDER BY x.at DESC, x.id DESC`, customer, at)
	views := []CustomerRating{}
	for i := range rows {
		r := &rows[i]
		if by.Sees(r.Subject) {
			views = append(views, CustomerRating{r.ID, r.Title, r.View()})
		}
	}
	return views, err
}
