package slackapp

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/kit"
)

// typedLine is a promise typed in one line, as it was understood:
//
//	Acme: SSO by 12 Dec
//	for Acme: SSO target 5 Dec by friday 17:00, @olga owns it
//	Acme: SSO by 3w --owner olga@example.com --kind feature
//
// The customer ends with the first colon, what is promised with the first date. What
// could be read in two ways is refused.
type typedLine struct {
	store.NewPromise
	user string // Slack's id of the owner, where they are mentioned
}

const lineExample = "/promise Acme: single sign-on by 12 Dec"

// lineFlags are what may follow the line, by name: where its value goes.
var lineFlags = map[string]func(*typedLine) *string{
	"customer": func(l *typedLine) *string { return &l.Customer }, "what": func(l *typedLine) *string { return &l.Title },
	"owner": func(l *typedLine) *string { return &l.Owner }, "team": func(l *typedLine) *string { return &l.Team }, "kind": func(l *typedLine) *string { return &l.Kind },
	"target": func(l *typedLine) *string { return &l.Target }, "promise": func(l *typedLine) *string { return &l.Promise },
	"by": func(l *typedLine) *string { return &l.Promise }, "due": func(l *typedLine) *string { return &l.Promise },
	"date-by": func(l *typedLine) *string { return &l.DateBy }, "padding": func(l *typedLine) *string { return &l.Padding },
	"price": func(l *typedLine) *string { return &l.Price }, "value": func(l *typedLine) *string { return &l.Value },
	"words": func(l *typedLine) *string { return &l.Words }, "link": func(l *typedLine) *string { return &l.Link },
	"done-means": func(l *typedLine) *string { return &l.DoneMeans }, "update-every": func(l *typedLine) *string { return &l.UpdateEvery },
}

var (
	lineFlag  = regexp.MustCompile(`(?:^|\s)(--|–|—)([A-Za-z][A-Za-z-]*)`)
	dateWord  = regexp.MustCompile(`(?i)\s(by|target)\s`)
	ownerTail = regexp.MustCompile(`(?i)(?:^|[\s,;]+)(?:(@\S+) owns (?:it|this)|(?:owner|owned by) (@\S+))[.!]?$`)
)

// parseLine reads a line as Slack sends it. Only the form of dates is checked: what they
// mean depends on the promise's calendar.
func parseLine(text string, now calendar.Instant) (typedLine, error) {
	var l typedLine
	text, mentioned := unslack(text)
	head, err := l.flags(strings.Join(strings.Fields(text), " "))
	if err == nil {
		err = l.head(head, now)
	}
	if err != nil {
		return l, err
	}
	l.user = mentioned[l.Owner]
	l.Owner = strings.TrimPrefix(l.Owner, "@")
	if l.user != "" {
		l.Owner = ""
	}
	if l.Link != "" && !strings.Contains(l.Link, "://") {
		l.Link = "http://" + l.Link
	}
	return l, l.complete()
}

// flags takes what is said with flags off the end of a line, and gives the rest.
func (l *typedLine) flags(text string) (head string, err error) {
	found := lineFlag.FindAllStringSubmatchIndex(text, -1)
	end := len(text)
	for i := len(found) - 1; i >= 0; i-- {
		m := found[i]
		name := strings.ToLower(text[m[4]:m[5]])
		into := lineFlags[name]
		if into == nil {
			if text[m[2]:m[3]] != "--" {
				continue // a dash between words
			}
			return "", commitments.Invalid(name, fmt.Sprintf("--%s is not known here; write for example %s --owner olga@example.com --kind feature", kit.Line(name, 40), lineExample))
		}
		if *into(l) != "" {
			return "", commitments.Invalid(name, "is given twice: leave one out")
		}
		if *into(l) = unquote(strings.TrimPrefix(text[m[1]:end], "=")); *into(l) == "" {
			return "", commitments.Invalid(name, fmt.Sprintf("is empty: write a value after --%s, or leave it out", name))
		}
		end = m[0]
	}
	return text[:end], nil
}

// head reads what stands before the flags.
func (l *typedLine) head(text string, now calendar.Instant) error {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	rest := text
	if l.Customer == "" {
		customer, after, ok := cutCustomer(text)
		if !ok {
			return commitments.Invalid("customer", fmt.Sprintf("say to whom, with a colon after it: %s", lineExample))
		}
		l.Customer, rest = customer, after
	}
	rest, err := l.clauses(" "+rest, now)
	if err != nil {
		return err
	}
	if what := unquote(strings.TrimRight(strings.TrimSpace(rest), ",;")); what != "" {
		if l.Title != "" {
			return commitments.Invalid("what", "is given twice: leave out --what, or what stands before it")
		}
		l.Title = what
	}
	return nil
}

// cutCustomer cuts a line at the colon after the customer, which is not one within a time
// of day or an address. Quotes keep a name together.
func cutCustomer(text string) (customer, rest string, ok bool) {
	if begun, after, _ := strings.Cut(text, " "); strings.EqualFold(begun, "for") {
		text = after
	}
	from := 0
	if _, size := utf8.DecodeRuneInString(text); strings.ContainsAny(text[:size], quotes) {
		from = size + max(strings.IndexAny(text[size:], quotes), 0)
	}
	for i := from; i < len(text); i++ {
		if text[i] == ':' && (i+1 == len(text) || text[i+1] != '/' && !digit(text[i+1])) {
			customer = unquote(text[:i])
			return customer, text[i+1:], customer != ""
		}
	}
	return "", "", false
}

// clauses takes dates and the owner off the end of a line, and gives the rest.
func (l *typedLine) clauses(text string, now calendar.Instant) (rest string, err error) {
	for {
		if text, err = l.ownerClause(text); err != nil {
			return text, err
		}
		all := dateWord.FindAllStringSubmatchIndex(text, -1)
		if len(all) == 0 {
			return text, nil
		}
		last := all[len(all)-1]
		word, typed := strings.ToLower(text[last[2]:last[3]]), strings.TrimRight(text[last[1]:], " .,;!")
		_, err := calendar.ParseWhen(typed, now, calendar.Default())
		if err != nil && (strings.ContainsAny(typed, quotes) || l.dated() && !strings.ContainsAny(typed, "0123456789")) {
			return text, nil // no date, and no attempt at one: part of what is promised
		}
		field, into := "promise", &l.Promise
		if word == "target" {
			field, into = "target", &l.Target
		}
		switch {
		case err != nil:
			return text, commitments.Invalid(field, err.Error())
		case *into != "":
			return text, commitments.Invalid(field, fmt.Sprintf("could be %q or %q: leave one out, or put what is promised in quotes", kit.Line(typed, 60), kit.Line(*into, 60)))
		}
		*into, text = typed, text[:last[0]]
	}
}

func (l *typedLine) ownerClause(text string) (rest string, err error) {
	m := ownerTail.FindStringSubmatch(strings.TrimRight(text, " "))
	if m == nil {
		return text, nil
	}
	if l.Owner != "" {
		return text, commitments.Invalid("owner", "is given twice: every promise has one accountable owner")
	}
	l.Owner = strings.TrimRight(m[1]+m[2], ",.;!")
	return strings.TrimSuffix(strings.TrimRight(text, " "), m[0]), nil
}

func (l *typedLine) dated() bool { return l.Promise != "" || l.Target != "" || l.DateBy != "" }

// complete teaches what is missing.
func (l *typedLine) complete() error {
	switch {
	case l.Customer == "":
		return commitments.Invalid("customer", "say to whom, with a colon after it: "+lineExample)
	case l.Title == "":
		return commitments.Invalid("what", "say what is promised, between the customer and the date: "+lineExample)
	case !l.dated():
		return commitments.Invalid("promise", "say by when: "+lineExample+"; without a date yet, by when you owe the customer one: --date-by friday")
	}
	return nil
}

var markup = regexp.MustCompile(`<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>`)

// unslack is a text as it was typed, where Slack sends its own markup: people, channels
// and addresses by name. With it come the people mentioned, by the words that stand for
// them in the text.
func unslack(text string) (plain string, mentioned map[string]string) {
	mentioned = map[string]string{}
	plain = markup.ReplaceAllStringFunc(strings.ToValidUTF8(text, "\uFFFD"), func(tag string) string {
		m := markup.FindStringSubmatch(tag)
		kind, id, label := m[1], m[2], m[3]
		switch kind {
		case "@":
			name := "@" + strings.Join(strings.Fields(strings.TrimPrefix(cmp.Or(label, id), "@")), "_")
			mentioned[name] = id
			return name
		case "#":
			return "#" + strings.TrimPrefix(cmp.Or(label, id), "#")
		case "!":
			return "@" + strings.TrimPrefix(cmp.Or(label, id), "@")
		}
		if address, ok := strings.CutPrefix(id, "mailto:"); ok {
			return address
		}
		if label != "" && (id == "http://"+label || id == "https://"+label) { // Slack made a link of what was typed
			return label
		}
		return id
	})
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(plain), mentioned
}

// quotes are what people and their telephones put around words.
const quotes = "\"“”„«»"

// unquote is a text without space, and without one pair of quotes, around it.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	runes := []rune(s)
	if len(runes) > 1 && strings.ContainsRune(quotes, runes[0]) && strings.ContainsRune(quotes, runes[len(runes)-1]) {
		return strings.TrimSpace(string(runes[1 : len(runes)-1]))
	}
	return s
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
