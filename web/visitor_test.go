package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// visitor is somebody with a browser that runs no scripts, who reads what is written on
// buttons and beside fields.
type visitor struct {
	*testing.T
	site     http.Handler
	at       string // the path of the page they look at
	page     string // without the promises at its right
	promises string
	cookies  map[string]*http.Cookie
	typed    map[string][]string // into the fields of the page, by their names
}

func (r *rig) visitor(t *testing.T) *visitor {
	return &visitor{T: t, site: r, cookies: map[string]*http.Cookie{}, typed: map[string][]string{}}
}

// open goes to a page.
func (v *visitor) open(path string) *visitor {
	v.Helper()
	v.follow(httptest.NewRequest("GET", path, nil))
	return v
}

// follow makes a request, and those that answers lead to.
func (v *visitor) follow(r *http.Request) {
	v.Helper()
	for range 3 {
		for _, c := range v.cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		v.site.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			if v.cookies[c.Name] = c; c.MaxAge < 0 {
				delete(v.cookies, c.Name)
			}
		}
		to := w.Header().Get("Location")
		if to == "" {
			if w.Code != 200 {
				v.Fatalf("%s %s: %d %s", r.Method, r.URL, w.Code, w.Body)
			}
			left, rest, _ := strings.Cut(w.Body.String(), "<aside")
			aside, right, _ := strings.Cut(rest, "</aside>")
			v.at, v.page, v.promises, v.typed = r.URL.Path, left+right, aside, map[string][]string{}
			return
		}
		to, _, _ = strings.Cut(to, "#")
		r = httptest.NewRequest("GET", to, nil)
	}
	v.Fatal("the page leads on and on")
}

// control is a button or a field of a form.
type control struct {
	at, form                int // where on the page, and which form it is in
	kind, name, value, text string
	id, action              string
	chosen                  bool
}

var (
	tag    = regexp.MustCompile(`<(/?)(form|button|input|select|option|textarea|label|legend|summary)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*>`)
	attr   = regexp.MustCompile(`([^\s=]+)(?:="([^"]*)")?`)
	anyTag = regexp.MustCompile(`<[^>]*>`)
)

// controls reads all forms of the page: the paths they are sent to, what is in them, and
// the labels of fields, by their ids.
func (v *visitor) controls() (actions []string, all []control, labels map[string]string) {
	labels = map[string]string{}
	name, legend := "", ""
	for _, at := range tag.FindAllStringSubmatchIndex(v.page, -1) {
		kind, closing := v.page[at[4]:at[5]], at[2] != at[3]
		attrs := map[string]string{}
		for _, a := range attr.FindAllStringSubmatch(v.page[at[6]:at[7]], -1) {
			attrs[a[1]] = html.UnescapeString(a[2])
		}
		inside, _, _ := strings.Cut(v.page[at[1]:], "</"+kind)
		text := strings.TrimSpace(html.UnescapeString(anyTag.ReplaceAllString(inside, "")))
		_, checked := attrs["checked"]
		_, selected := attrs["selected"]
		c := control{at: at[0], form: len(actions) - 1, kind: kind, name: attrs["name"], value: attrs["value"], text: text, id: attrs["id"], action: attrs["formaction"], chosen: checked || selected}
		switch {
		case kind == "form" && !closing:
			actions = append(actions, attrs["action"])
			legend = ""
		case closing || len(actions) == 0:
		case kind == "label" && attrs["for"] != "":
			labels[attrs["for"]] = text
		case kind == "legend":
			legend = text
		case kind == "label": // around one choice
			name = text
		case kind == "select":
			name = c.name
			all = append(all, c)
		case kind == "option":
			c.name = name
			all = append(all, c)
		case kind == "input" && (attrs["type"] == "radio" || attrs["type"] == "checkbox"):
			c.kind, c.text, c.id = "choice", name, legend
			all = append(all, c)
		case kind == "textarea":
			c.value = text
			all = append(all, c)
		case c.name != "" || kind == "button":
			all = append(all, c)
		}
	}
	return actions, all, labels
}

// enter fills in the field with a label: by what an option says, where there are some.
func (v *visitor) enter(label, value string) *visitor {
	v.Helper()
	_, all, labels := v.controls()
	for _, c := range all {
		switch {
		case c.kind == "choice" && strings.HasPrefix(c.id, label) && strings.HasPrefix(c.text, value):
			v.typed[c.name] = []string{c.value}
			return v
		case c.kind != "button" && c.id != "" && strings.HasPrefix(labels[c.id], label):
			v.typed[c.name] = []string{value}
			for _, o := range all {
				if o.kind == "option" && o.name == c.name && o.text == value {
					v.typed[c.name] = []string{o.value}
				}
			}
			return v
		}
	}
	v.Fatalf("there is no field %q for %q on the page: %v", label, value, labels)
	return v
}

// press presses the last button on the page with a text, "…" aside; or, given what stands before
// it, the first after the last place where the page says that.
func (v *visitor) press(text string, after ...string) *visitor {
	v.Helper()
	actions, all, _ := v.controls()
	from := 0
	if v.modal() != "" { // what is behind it cannot be reached
		from = strings.Index(v.page, `id="modal-title"`)
	}
	if len(after) > 0 {
		if from = max(from, strings.LastIndex(v.page, html.EscapeString(after[0]))); !strings.Contains(v.page, html.EscapeString(after[0])) {
			v.Fatalf("the page does not say %q: %s", after[0], v.text())
		}
	}
	buttons := slices.DeleteFunc(slices.Clone(all), func(c control) bool {
		return c.kind != "button" || strings.TrimSuffix(c.text, "…") != strings.TrimSuffix(text, "…") || c.at < from
	})
	if len(buttons) == 0 {
		v.Fatalf("there is no button %q: %s", text, v.text())
	}
	button := buttons[0]
	if len(after) == 0 {
		button = buttons[len(buttons)-1]
	}
	v.send(actions, all, button)
	return v
}

// send sends the form of a button, with all that stands in it.
func (v *visitor) send(actions []string, all []control, button control) {
	v.Helper()
	values := url.Values{}
	for _, c := range all {
		switch _, typed := v.typed[c.name]; {
		case c.form != button.form || c.name == "" || typed || c.kind == "button" || c.kind == "select":
		case c.kind == "option" || c.kind == "choice":
			if c.chosen {
				values.Add(c.name, c.value)
			}
		default:
			values.Add(c.name, c.value)
		}
	}
	for name, typed := range v.typed {
		values[name] = typed
	}
	values.Set(button.name, button.value)
	to := actions[button.form]
	if button.action != "" {
		to = button.action
	}
	r := httptest.NewRequest("POST", to, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	v.follow(r)
}

// text is what the page says.
func (v *visitor) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(anyTag.ReplaceAllString(v.page, " "))), " ")
}

// sees fails unless the page says all of it.
func (v *visitor) sees(texts ...string) *visitor {
	v.Helper()
	for _, want := range texts {
		if !strings.Contains(v.text(), want) {
			v.Fatalf("the page does not say %q: %s", want, v.text())
		}
	}
	return v
}

// misses fails if the page says any of it.
func (v *visitor) misses(texts ...string) *visitor {
	v.Helper()
	for _, text := range texts {
		if strings.Contains(v.text(), text) {
			v.Fatalf("the page says %q: %s", text, v.text())
		}
	}
	return v
}

// modal is the title of what stands in front of the page, or "".
func (v *visitor) modal() string {
	_, rest, _ := strings.Cut(v.page, `id="modal-title" tabindex="-1">`)
	title, _, _ := strings.Cut(rest, "<")
	return fmt.Sprint(html.UnescapeString(title))
}
