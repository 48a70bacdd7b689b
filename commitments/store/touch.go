package store

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"kept/commitments"
	"kept/commitments/calendar"

	"golang.org/x/text/unicode/norm"
)

// TouchInput is one contact with a customer, as typed. It is no call: it neither
// clears an alert nor counts as told.
type TouchInput struct {
	By         commitments.Actor
	Customer   string // may be "" where Commitment says who it is
	Commitment string // the promise it was about, if any
	Channel    string // phone, email, chat, meeting …
	Inbound    bool
	NotReached bool
	Note       string
	At         string
	Version    int64  // as in Op, where there is a Commitment
	Once       string // as in Op
}

// Touch records a contact with a customer, and says when that was.
func (s *Store) Touch(ctx context.Context, in TouchInput) (at Instant, err error) {
	channel, err := channelWord(in.Channel)
	if err != nil {
		return 0, err
	}
	if in.Note, err = clean("note", in.Note, maxNote, true); err != nil {
		return 0, err
	}
	if in.Note == "" {
		return 0, commitments.Invalid("note", "is required: what was said?")
	}
	touch := commitments.Touch{By: in.By.ID, Channel: channel, Inbound: in.Inbound, Reached: !in.NotReached, Summary: in.Note}
	if in.Commitment != "" {
		return s.touchAbout(ctx, in, touch)
	}
	err = s.write(ctx, func(t *tx) error {
		if err := t.once(in.Once); err != nil {
			return err
		}
		c, err := t.customerNamed(in.By, commitments.ActCall, in.Customer, "log contacts with %s")
		if err != nil {
			return err
		}
		cal, err := t.calendarOfCustomer(c.ID)
		if err != nil {
			return err
		}
		if touch.At, err = moment(in.At, t.now, cal, false); err != nil {
			return err
		}
		if err := t.addTouch(c.ID, 0, touch); err != nil {
			return err
		}
		return t.event(touch.At, in.By.ID, "touched", "customer", c.ID, nil)
	})
	return touch.At, err
}

// channelWord is a channel as it is stored: one word of letters.
func channelWord(typed string) (string, error) {
	word := strings.ToLower(strings.TrimSpace(typed))
	letters := func(r rune) bool { return unicode.IsLetter(r) || r == '-' }
	if n := utf8.RuneCountInString(word); n < 1 || n > 20 || strings.ContainsFunc(word, func(r rune) bool { return !letters(r) }) {
		return "", commitments.Invalid("channel", fmt.Sprintf("%q is not a channel: write one word of at most 20 letters, such as phone, email, chat, meeting or letter", shorten(typed)))
	}
	return norm.NFC.String(word), nil
}

func (s *Store) touchAbout(ctx context.Context, in TouchInput, touch commitments.Touch) (Instant, error) {
	op := Op{By: in.By, Ref: in.Commitment, At: in.At, Version: in.Version, Once: in.Once}
	_, err := s.change(ctx, op, commitments.ActCall, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		if in.Customer != "" {
			c, err := t.named("customers", "customer", in.Customer)
			if err != nil {
				return commitments.Change{}, err
			}
			if c.ID != p.Customer.ID {
				return commitments.Change{}, commitments.Refused("id", fmt.Sprintf("promise %d was made to %s, not to %s", p.ID, p.Customer.Name, c.Name))
			}
		}
		if at < p.MadeAt {
			return commitments.Change{}, commitments.Refused("at", fmt.Sprintf("that is before the promise was made, %s", p.MadeAt))
		}
		touch.At = at
		return commitments.Change{Event: "touched", At: at, By: in.By.ID, Touch: &touch}, nil
	})
	return touch.At, err
}

func (t *tx) calendarOfCustomer(id ID) (*calendar.Calendar, error) {
	b, err := t.book()
	if err != nil {
		return nil, err
	}
	var own ID
	if err := t.get(&own, "SELECT calendar_id FROM customers WHERE id = ?", id); err != nil {
		return nil, err
	}
	return b.calendarOf(own, 0), nil
}
