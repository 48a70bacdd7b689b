package commitments

import (
	"fmt"
	"slices"
	"strings"

	"kept/commitments/calendar"
)

// AskState is where an ask stands.
type AskState string

// The states of an ask. A promised one is given once its promise is delivered, and
// open again once that is withdrawn.
const (
	AskOpen     AskState = "open"
	AskPromised AskState = "promised"
	AskGiven    AskState = "given"
	AskDeclined AskState = "declined"
)

// Rank orders the states by how much is still to do.
func (s AskState) Rank() int {
	return slices.Index([]AskState{AskOpen, AskPromised, AskGiven, AskDeclined}, s)
}

// Ask is something a customer said they want, in their own words, with everything
// that was answered.
type Ask struct {
	ID       ID
	Customer Ref
	Words    string
	Link     string // where it was said
	Price    Money  // what they would pay for it; 0 is nothing
	Currency string
	At       Instant // when they said it
	HeardBy  string
	Calendar *calendar.Calendar // the customer's
	Answers  []AskAnswer        // in the order they were given
}

// AskAnswer is what became of an ask at one time.
type AskAnswer struct {
	At      Instant
	By      ID
	Answer  AskState // promised, given or declined
	Promise *Promise // that was made of it
	Told    string   // what the customer was told
}

// AskView is an ask as it is shown, as of one instant. Its JSON is a contract.
type AskView struct {
	ID         ID       `json:"id"`
	Customer   string   `json:"customer"`
	Words      string   `json:"words"`
	Link       *string  `json:"link"`
	Price      Money    `json:"price"`
	Currency   string   `json:"currency"`
	AskedAt    Instant  `json:"asked_at"`
	HeardBy    *string  `json:"heard_by"`
	State      AskState `json:"state"`
	DaysOpen   *int     `json:"days_open"` // working days since it was said, while it is open
	Promise    ID       `json:"promise"`   // number of the promise made of it
	AnsweredAt Instant  `json:"answered_at"`
	Told       *string  `json:"told"` // what the customer was told
	Zone       string   `json:"zone"`
	AsOf       Instant  `json:"as_of"`
}

// View shows the ask as it stood at an instant; false if it was not said by then. The
// promise made of it is named to those only who may see it.
func (k *Ask) View(at Instant, sees func(*Promise) bool) (AskView, bool) {
	v := AskView{
		ID: k.ID, Customer: k.Customer.Name, Words: k.Words, Link: given(k.Link), Price: k.Price, Currency: k.Currency,
		AskedAt: k.At, HeardBy: given(k.HeardBy), State: AskOpen, Zone: k.Calendar.Zone(), AsOf: at.Second(),
	}
	state, answer := k.AsOf(at)
	if v.State = state; state == AskOpen {
		days := k.DaysOpen(at)
		v.DaysOpen = &days
		return v, at >= k.At
	}
	v.AnsweredAt, v.Told = answer.At, given(answer.Told)
	if answer.Promise != nil && sees(answer.Promise) {
		v.Promise = answer.Promise.ID
	}
	return v, at >= k.At
}

// AsOf is where the ask stood at an instant, and the answer that made it so: of a
// promise that was delivered, the delivery's instant counts. While it is open the
// answer means nothing.
func (k *Ask) AsOf(at Instant) (AskState, AskAnswer) {
	var last AskAnswer
	for _, a := range k.Answers {
		if a.At <= at {
			last = a
		}
	}
	switch {
	case last.Answer == "":
		return AskOpen, last
	case last.Promise == nil:
		return last.Answer, last
	}
	f, _ := last.Promise.History.AsOf(at, last.Promise.Calendar)
	switch {
	case f.WithdrawnAt != 0:
		return AskOpen, last
	case f.DeliveredAt != 0:
		last.At = f.DeliveredAt
		return AskGiven, last
	}
	return AskPromised, last
}

// DaysOpen counts the working days, on the customer's calendar, since the ask was said.
func (k *Ask) DaysOpen(at Instant) int {
	return k.Calendar.Workdays(k.Calendar.Today(k.At), k.Calendar.Today(at))
}

// Answer records what became of the ask.
func (k *Ask) Answer(a AskAnswer) error {
	if a.At < k.At {
		return Refused("at", fmt.Sprintf("that is before they asked, %s", k.At))
	}
	if n := len(k.Answers); n > 0 && k.Answers[n-1].At > a.At {
		return Refused("at", fmt.Sprintf("ask %d was answered later, on %s: say a time after that", k.ID, k.Calendar.Today(k.Answers[n-1].At).Human()))
	}
	switch state, last := k.AsOf(a.At); {
	case state == AskPromised:
		return Refused("", fmt.Sprintf("ask %d is promise %d by now: deliver or withdraw that", k.ID, last.Promise.ID))
	case state != AskOpen:
		return Refused("", fmt.Sprintf("ask %d was %s on %s: if they want it again, log it again", k.ID, state, k.Calendar.Today(last.At).Human()))
	case a.Answer == AskDeclined && a.Told == "":
		return Invalid("told", "say what the customer was told: --told TEXT")
	}
	k.Answers = append(k.Answers, a)
	return nil
}

// Headline is the beginning of a text, to stand for it on one line: its first line, cut
// between words.
func Headline(words string) string {
	const most = 80
	first, _, more := strings.Cut(words, "\n")
	line := []rune(first)
	if len(line) <= most {
		if more {
			first += " …"
		}
		return first
	}
	cut := most
	for cut > most/2 && line[cut] != ' ' {
		cut--
	}
	return string(line[:cut]) + " …"
}
