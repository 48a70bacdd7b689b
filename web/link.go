package web

import (
	"net/http"
	"regexp"
)

var promiseKey = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)

// link is the page behind a link to a promise. It tells nothing of the promise, not even
// whether there is one, as nobody signs in here: only how those who may see it do so.
func (s *Server) link(w http.ResponseWriter, r *http.Request) error {
	ref := r.PathValue("ref")
	if !promiseKey.MatchString(ref) {
		ref = ""
	}
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	return s.page(w, "link.html", struct{ Ref string }{ref})
}
