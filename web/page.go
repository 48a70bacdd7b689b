package web

import (
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"

	"kept/commitments"
)

// pageFuncs are what templates may call.
var pageFuncs = template.FuncMap{
	"human": func(d commitments.Date) string { return d.Human() },
	"kept":  kept,
}

// kept says in a word how a delivered promise scores by the date first told.
func kept(v commitments.View) string {
	switch first := v.Verdict.KeptFirst; {
	case first == nil:
		return "not scored"
	case *first:
		return "kept"
	}
	return "broken"
}

// index says what runs here.
func (s *Server) index(w http.ResponseWriter, r *http.Request) error {
	return s.page(w, "index.html", struct {
		Version, Database string
		Health            Judgement
	}{s.Version, s.Health.Store.Engine(), s.judge(r.Context())})
}

// static serves the embedded files by name. They change with the program only, but
// are small enough not to be worth a cache.
func (s *Server) static(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	content, err := fs.ReadFile(files, "static/"+name)
	if err != nil {
		return commitments.NotFound("", fmt.Sprintf("there is no file %q here", name))
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	_, _ = w.Write(content) // a visitor who left need not be told
	return nil
}
