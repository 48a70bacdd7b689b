package web

import (
	"errors"
	"net/http"
	"strconv"

	"kept/commitments"
	"kept/commitments/store"
)

// surveyPolicy lets a survey be sent from its page, to here only. There is no script.
const surveyPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// surveyPage is one page for all that may become of a survey. Nothing else of a promise
// than store.SurveyPage reaches it: no target, no padding, no risk.
type surveyPage struct {
	store.SurveyPage
	State   string // ask, thanks, over, busy or failed
	Choices []choice
	Comment string // as it was typed
	Field   string // what has to be mended: rating or comment
	Fault   string // why, in words
	Most    int    // the longest comment, in characters
}

// choice is one of the ratings.
type choice struct {
	Rating int
	Word   string
	Chosen bool
}

// choices are the ratings from great to poor, one of them perhaps chosen already.
func choices(chosen string) []choice {
	words := [...]string{"Great", "Good", "Okay", "Not good", "Poor"}
	all := make([]choice, len(words))
	for i, word := range words {
		rating := len(words) - i
		all[i] = choice{rating, word, chosen == strconv.Itoa(rating)}
	}
	return all
}

// survey shows the question. Looking changes nothing, for the programs that look at the
// links in letters before their reader does.
func (s *Server) survey(w http.ResponseWriter, r *http.Request) error {
	page, err := s.Health.Store.SurveyPage(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return s.surveyPage(w, http.StatusOK, surveyPage{SurveyPage: page, State: "ask"})
}

// answer takes what the customer says. What cannot be taken is shown again as it was
// typed, with what to do.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	in, err := readAnswer(r)
	if err == nil {
		err = s.Health.Store.AnswerSurvey(r.Context(), token, in)
	}
	var fault *commitments.Error
	switch {
	case err == nil:
		w.Header().Set("Location", "thanks") // so that loading again sends nothing; relative, for a public_url with a path
		w.WriteHeader(http.StatusSeeOther)
		return nil
	case !errors.Is(err, commitments.ErrInvalid) || !errors.As(err, &fault):
		return err
	}
	page, err := s.Health.Store.SurveyPage(r.Context(), token)
	if err != nil {
		return err
	}
	return s.surveyPage(w, http.StatusUnprocessableEntity, surveyPage{
		SurveyPage: page, State: "ask", Choices: choices(in.Rating), Comment: in.Comment, Field: fault.Field, Fault: faultWords(in, fault),
	})
}

// readAnswer reads the form. What is too large to be read has no comment left.
func readAnswer(r *http.Request) (store.Rating, error) {
	var large *http.MaxBytesError
	switch err := r.ParseForm(); {
	case errors.As(err, &large):
		return store.Rating{}, commitments.Invalid("comment", "too long")
	case err != nil:
		return store.Rating{}, commitments.Invalid("rating", "cannot be read")
	}
	return store.Rating{Rating: r.PostForm.Get("rating"), Comment: r.PostForm.Get("comment")}, nil
}

// faultWords say to a customer what we say to each other more briefly.
func faultWords(in store.Rating, fault *commitments.Error) string {
	switch {
	case fault.Field == "comment":
		return "That is more than we can take here: please keep it to 2,000 characters."
	case in.Rating == "":
		return "Please choose one of the five."
	}
	return "We could not read that: please choose one of the five."
}

// surveyThanks is where an answer leads.
func (s *Server) surveyThanks(w http.ResponseWriter, _ *http.Request) error {
	return s.surveyPage(w, http.StatusOK, surveyPage{State: "thanks"})
}

func (s *Server) surveyPage(w http.ResponseWriter, status int, page surveyPage) error {
	page.Most = store.MaxComment
	if page.Choices == nil {
		page.Choices = choices("")
	}
	h := w.Header()
	h.Set("Content-Security-Policy", surveyPolicy)
	h.Set("X-Robots-Tag", "noindex, nofollow")
	return s.pageAs(w, status, "survey.html", page)
}

// forCustomers puts around a handler what everybody's pages need: so many a minute for
// an address, one answer to every link that is used up, too old or none at all, and
// words for a customer where something goes wrong.
func (s *Server) forCustomers(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		if !s.throttle.allows(visitor(r)) {
			w.Header().Set("Retry-After", "60")
			return s.surveyPage(w, http.StatusTooManyRequests, surveyPage{State: "busy"})
		}
		err := h(w, r)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, commitments.ErrRefused):
			return s.surveyPage(w, http.StatusGone, surveyPage{State: "over"})
		case errors.Is(err, commitments.ErrNotFound):
			return s.surveyPage(w, http.StatusNotFound, surveyPage{State: "over"})
		}
		s.Log.Error("a survey failed", "error", err)
		return s.surveyPage(w, http.StatusInternalServerError, surveyPage{State: "failed"})
	})
}
