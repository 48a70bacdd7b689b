package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kept/commitments"
)

// MaxComment is the longest that a customer may write about a rating, in characters.
const MaxComment = 2_000

// SurveyAsked is a survey that was just made. Its token is in no database: whoever has
// it may answer, once.
type SurveyAsked struct {
	ID        ID      `json:"id"` // of the promise
	Customer  string  `json:"customer"`
	Title     string  `json:"title"`
	Contact   *string `json:"contact"` // whom to send it to; null where nobody there is known by name
	AskedAt   Instant `json:"asked_at"`
	ExpiresAt Instant `json:"expires_at"`
	Zone      string  `json:"zone"`
	Token     string  `json:"-"`
}

// Survey asks a customer how we did with a promise: somebody of theirs by name, or ""
// for the first who is known.
func (s *Store) Survey(ctx context.Context, op Op, to string) (out SurveyAsked, err error) {
	token := randomKey()
	v, err := s.change(ctx, op, commitments.ActSurvey, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		k, err := t.contactNamed("to", p.Customer, to)
		if err != nil {
			return commitments.Change{}, err
		}
		c, err := p.Ask(at, op.By.ID, k.ID, hashOf(token))
		if err != nil {
			return c, err
		}
		out = SurveyAsked{Contact: given(k.Name), AskedAt: at.Second(), ExpiresAt: c.Survey.ExpiresAt.Second(), Token: token}
		return c, t.mayAsk(op.By, p, k, at)
	})
	out.ID, out.Customer, out.Title, out.Zone = v.ID, v.Customer, v.Title, v.Zone
	return out, err
}

// hashOf is what is kept of a token. It has so many random bits that nobody can find it
// from its hash, without salt.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Rating is what a customer said, as it was typed.
type Rating struct {
	Rating  string // 1 to 5
	Comment string
	By      string // who of them said it, by name; "" is not known
}

// Rate records what a customer said of how we did, entered by hand.
func (s *Store) Rate(ctx context.Context, op Op, in Rating) (commitments.View, error) {
	r, err := in.read()
	if err != nil {
		return commitments.View{}, err
	}
	r.By = op.By.ID
	return s.change(ctx, op, commitments.ActSurvey, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		if in.By != "" {
			k, err := t.contactNamed("by", p.Customer, in.By)
			if err != nil {
				return commitments.Change{}, err
			}
			r.Contact, r.Name = k.ID, k.Name
		}
		return p.Rate(at, r)
	})
}

func (in *Rating) read() (r commitments.Rating, err error) {
	if r.Rating, err = strconv.Atoi(in.Rating); err != nil || r.Rating < 1 || r.Rating > 5 {
		return r, commitments.Invalid("rating", fmt.Sprintf("%q: want a whole number from 1, poor, to 5, great", shorten(in.Rating)))
	}
	r.Comment, err = clean("comment", in.Comment, MaxComment, true)
	return r, err
}

// atCustomer is somebody at a customer. The zero value is nobody known by name.
type atCustomer struct {
	ID   ID     `db:"id"`
	Name string `db:"name"`
}

// contactNamed finds somebody at a customer by name; "" is the first who is known, if
// anybody is. Field is what the error blames.
func (t *tx) contactNamed(field string, customer commitments.Ref, name string) (atCustomer, error) {
	var all []atCustomer
	err := t.all(&all, "SELECT id, name FROM contacts WHERE customer_id = ? ORDER BY id", customer.ID)
	if err != nil || name == "" && len(all) == 0 {
		return atCustomer{}, err
	}
	var names []string
	for _, k := range all {
		if name == "" || nameKey(k.Name) == nameKey(name) {
			return k, nil
		}
		names = append(names, k.Name)
	}
	return atCustomer{}, commitments.NotFound(field, fmt.Sprintf("%s has no contact called %q: %s", customer.Name, shorten(name),
		suggestion(name, names, "add them with `kept customer edit --contact`")))
}

// mayAsk refuses to ask somebody who waits for us to make something right, or whom we
// asked not long ago.
func (t *tx) mayAsk(by commitments.Actor, p *commitments.Promise, k atCustomer, at Instant) error {
	if err := t.queue(queueSurveys); err != nil {
		return err
	}
	rescued, err := t.inRescue(p.Customer.ID, at)
	if err != nil {
		return err
	}
	if rescued != nil {
		which := "of another promise to them"
		if by.Sees(rescued.subject()) {
			which = fmt.Sprintf("of promise %d", rescued.ID)
		}
		return commitments.Refused("", fmt.Sprintf("%s waits for us to make something right: no survey until the rescue %s is closed", p.Customer.Name, which))
	}
	return t.rested(p, k, at)
}

// inRescue is a promise to a customer whose rescue is open at an instant; nil if there is none.
func (t *tx) inRescue(customer ID, at Instant) (found *row, err error) {
	where := `WHERE c.customer_id = ? AND (c.rescue_opened_at IS NOT NULL OR c.last_fact_at > ?
		OR c.delivered_at IS NULL AND c.withdrawn_at IS NULL AND c.due_at < ?)`
	err = t.each(everyone, at, where, []any{customer, at, at}, func(r *row, p *commitments.Promise) {
		if slices.ContainsFunc(p.History.Rescues(at), func(r commitments.Rescue) bool { return r.Open() }) && found == nil {
			found = r
		}
	})
	return found, err
}

// rested refuses to ask somebody twice within the rest period. Where it is not known
// who was asked, everybody at that customer rests.
func (t *tx) rested(p *commitments.Promise, k atCustomer, at Instant) error {
	var asked []Instant
	err := t.all(&asked, `SELECT s.asked_at FROM surveys s JOIN commitments c ON c.id = s.commitment_id
		WHERE c.customer_id = ? AND s.asked_at > ? AND s.asked_at < ? AND (s.contact_id = ? OR s.contact_id IS NULL OR ? = 0)
		ORDER BY s.asked_at DESC LIMIT 1`, p.Customer.ID, at.Add(-commitments.SurveyRest), at.Add(commitments.SurveyRest), k.ID, int64(k.ID))
	if err != nil || len(asked) == 0 {
		return err
	}
	who := k.Name
	if k.ID == 0 {
		who = "somebody at " + p.Customer.Name
	}
	day := func(i Instant) string { return p.Calendar.Today(i).Human() }
	return commitments.Refused("", fmt.Sprintf("%s was asked on %s and may be asked again from %s on: people are left in peace for 90 days",
		who, day(asked[0]), day(asked[0].Add(commitments.SurveyRest))))
}

// SurveyPage is all that a customer is shown of a promise they are asked about.
type SurveyPage struct {
	Title       string
	Words       string // what we told them
	DeliveredOn Date   // 0 while it is not delivered
	OpenUntil   Date   // the last day on which the link is sure to work
}

// survey is a survey as the holder of its token finds it.
type survey struct {
	ID         ID      `db:"id"`
	Commitment ID      `db:"commitment_id"`
	Contact    ID      `db:"contact_id"`
	ExpiresAt  Instant `db:"expires_at"`
	AnsweredAt Instant `db:"answered_at"`
}

// survey finds a survey by its token. The error says nothing of the token.
func (t *tx) survey(token string) (v survey, err error) {
	err = t.get(&v, "SELECT id, commitment_id, contact_id, expires_at, answered_at FROM surveys WHERE token_hash = ?", hashOf(token))
	return v, found(err, "", "there is no such survey")
}

// errSurveyOver is what a link says that is used up, or too old.
var errSurveyOver = commitments.Refused("", "this survey is over")

// SurveyPage shows a survey to whoever has its token. It changes nothing: the programs
// that look at links in letters do not use it up. An unknown token is ErrNotFound, one
// that is used or too old ErrRefused.
func (s *Store) SurveyPage(ctx context.Context, token string) (page SurveyPage, err error) {
	err = s.read(ctx, func(t *tx) error {
		v, err := t.survey(token)
		if err != nil {
			return err
		}
		if v.AnsweredAt != 0 || v.ExpiresAt <= t.now {
			return errSurveyOver
		}
		p, _, err := t.load(everyone, fmt.Sprint(v.Commitment), false)
		if err != nil {
			return err
		}
		page = SurveyPage{Title: p.Title, Words: p.Words, OpenUntil: p.Calendar.Today(v.ExpiresAt) - 1}
		if p.DeliveredAt != 0 {
			page.DeliveredOn = p.Calendar.Today(p.DeliveredAt - 1)
		}
		return nil
	})
	return page, err
}

// AnswerSurvey records what a customer answered, once; saying the same again, as an
// impatient finger does, changes nothing. Errors are those of SurveyPage, and
// ErrInvalid for what can be mended.
func (s *Store) AnswerSurvey(ctx context.Context, token string, in Rating) error {
	in.Comment = strings.Map(dropForbidden, in.Comment) // nobody who writes to us is sent away for a letter that cannot be seen
	r, err := in.read()
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		v, err := t.survey(token)
		if err != nil {
			return err
		}
		p, _, err := t.load(everyone, fmt.Sprint(v.Commitment), true)
		if err != nil {
			return err
		}
		n, err := t.exec("UPDATE surveys SET answered_at = ? WHERE id = ? AND answered_at IS NULL AND expires_at > ?", t.now, v.ID, t.now)
		if err != nil {
			return err
		}
		if n == 0 {
			return answeredSo(p, v.ID, r)
		}
		r.Survey, r.Contact = v.ID, v.Contact
		was := p.Terms()
		c, err := p.Rated(t.now, r)
		if err != nil {
			return err
		}
		return t.save(p, c, was)
	})
}

func dropForbidden(r rune) rune {
	if forbidden(r) && r != '\n' && r != '\r' && r != '\t' {
		return -1
	}
	return r
}

// answeredSo is nil if a survey was answered with just this.
func answeredSo(p *commitments.Promise, survey ID, r commitments.Rating) error {
	for _, was := range p.History.Ratings {
		if was.Survey == survey && was.Rating == r.Rating && was.Comment == r.Comment {
			return nil
		}
	}
	return errSurveyOver
}

// addFeedback adds the survey or the rating of a change.
func (t *tx) addFeedback(p *commitments.Promise, c commitments.Change) (err error) {
	if k := c.Survey; k != nil {
		k.ID, err = t.insert("INSERT INTO surveys (commitment_id, contact_id, token_hash, asked_at, asked_by, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
			p.ID, k.Contact, k.TokenHash, k.At, k.By, k.ExpiresAt)
		if err != nil {
			return err
		}
	}
	if k := c.Rating; k != nil {
		_, err = t.exec("INSERT INTO ratings (commitment_id, survey_id, contact_id, at, by_id, rating, comment, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			p.ID, k.Survey, k.Contact, k.At, k.By, k.Rating, k.Comment, t.now)
		if err == nil {
			_, err = t.exec("UPDATE commitments SET rating = ? WHERE id = ?", p.Rating, p.ID)
		}
	}
	return err
}
