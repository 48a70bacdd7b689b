package web

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// mrkdwn reads Slack's own markup: *bold*, _italic_, ~struck~, `code`, ``` blocks,
// > quotes, <links> and <mentions>. Whatever does not parse is shown as it is.
func (r reader) mrkdwn(text string) []paragraph {
	var shown []paragraph
	for i, part := range strings.Split(text, "```") {
		switch {
		case i%2 == 1:
			shown = append(shown, paragraph{Kind: "pre", Spans: []span{{Text: unescape(strings.Trim(part, "\n"))}}})
		case strings.TrimSpace(part) != "":
			shown = append(shown, r.lines(strings.Trim(part, "\n"))...)
		}
	}
	return shown
}

// lines groups lines that stand together: quoted ones, and the others.
func (r reader) lines(text string) []paragraph {
	var shown []paragraph
	for _, l := range strings.Split(text, "\n") {
		kind := "p"
		if quoted, ok := strings.CutPrefix(l, "&gt;"); ok {
			kind, l = "quote", strings.TrimPrefix(quoted, " ")
		}
		spans := r.inline(l, span{})
		if last := len(shown) - 1; last >= 0 && shown[last].Kind == kind {
			shown[last].Spans = append(append(shown[last].Spans, span{Text: "\n"}), spans...)
			continue
		}
		shown = append(shown, paragraph{Kind: kind, Spans: spans})
	}
	return shown
}

// inline reads the markup of one line, in the look of what is around it.
func (r reader) inline(s string, look span) []span {
	var shown []span
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			look.Text = withEmoji(unescape(literal.String()))
			shown = append(shown, look)
			literal.Reset()
		}
	}
	before := ' '
	for s != "" {
		if found, rest, ok := r.special(s, look); ok {
			flush()
			shown, s, before = append(shown, found), rest, 'x'
			continue
		}
		if inner, mark, rest, ok := marked(s, before); ok {
			flush()
			shown, s, before = append(shown, r.marked(inner, mark, look)...), rest, rune(mark)
			continue
		}
		c, size := utf8.DecodeRuneInString(s)
		literal.WriteString(s[:size])
		s, before = s[size:], c
	}
	flush()
	return shown
}

func (r reader) marked(inner string, mark byte, look span) []span {
	switch mark {
	case '*':
		look.Bold = true
	case '_':
		look.Italic = true
	case '~':
		look.Strike = true
	case '`':
		look.Code, look.Text = true, unescape(inner)
		return []span{look}
	}
	return r.inline(inner, look)
}

// marked finds a text between two equal marks that stand at the borders of words.
func marked(s string, before rune) (inner string, mark byte, rest string, ok bool) {
	if !strings.ContainsRune("*_~`", rune(s[0])) || wordy(before) {
		return "", 0, "", false
	}
	mark = s[0]
	for from := 1; ; {
		i := strings.IndexByte(s[from:], mark)
		if i < 0 {
			return "", 0, "", false
		}
		end := from + i
		after, _ := utf8.DecodeRuneInString(s[end+1:])
		inner = s[1:end]
		if inner != "" && inner == strings.TrimSpace(inner) && (end+1 == len(s) || !wordy(after)) {
			return inner, mark, s[end+1:], true
		}
		from = end + 1
	}
}

func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// special reads what stands in angle brackets at the start of s.
func (r reader) special(s string, look span) (found span, rest string, ok bool) {
	if s[0] != '<' {
		return span{}, "", false
	}
	end := strings.IndexByte(s, '>')
	if end < 2 {
		return span{}, "", false
	}
	target, label, labelled := strings.Cut(s[1:end], "|")
	target, label = unescape(target), unescape(label)
	switch {
	case strings.HasPrefix(target, "@"), strings.HasPrefix(target, "#"):
		look.Mention, look.Text = true, r.name(target[1:], label)
	case strings.HasPrefix(target, "!date^"):
		look.Text = r.dated(target, label)
	case strings.HasPrefix(target, "!"):
		look.Mention, look.Text = true, "@"+strings.TrimPrefix(target, "!")
	default:
		look.Text = target
		if labelled {
			look.Text = label
		}
		look.Link = safeLink(target)
	}
	return look, s[end+1:], true
}

func (r reader) name(id, label string) string {
	if known := r.names[id]; known != "" {
		return known
	}
	if label != "" {
		return label
	}
	return id
}

// dated reads !date^TIMESTAMP^FORMAT^LINK.
func (r reader) dated(target, fallback string) string {
	parts := strings.Split(target, "^")
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || len(parts) < 3 {
		return fallback
	}
	return r.date(seconds, parts[2])
}

// date fills Slack's date format for the reader's zone.
func (r reader) date(seconds int64, format string) string {
	t := time.Unix(seconds, 0).In(r.zone)
	return strings.NewReplacer(
		"{date_num}", t.Format("2006-01-02"), "{date}", t.Format("January 2, 2006"), "{date_pretty}", t.Format("January 2, 2006"),
		"{date_short}", t.Format("Jan 2, 2006"), "{date_short_pretty}", t.Format("Jan 2, 2006"),
		"{date_long}", t.Format("Monday, January 2, 2006"), "{date_long_pretty}", t.Format("Monday, January 2, 2006"),
		"{time}", t.Format("3:04 PM"), "{time_secs}", t.Format("3:04:05 PM"), "{ago}", t.Format("Jan 2, 3:04 PM"),
	).Replace(format)
}

// safeLink is an address that may be followed: a page or a mail.
func safeLink(address string) string {
	for _, scheme := range []string{"https://", "http://", "mailto:"} {
		if strings.HasPrefix(strings.ToLower(address), scheme) {
			return address
		}
	}
	return ""
}

func unescape(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// withEmoji shows the emoji that Kept's own messages use; others keep their names.
func withEmoji(s string) string {
	if !strings.Contains(s, ":") {
		return s
	}
	return strings.NewReplacer(
		":telephone_receiver:", "📞", ":phone:", "☎️", ":rotating_light:", "🚨", ":warning:", "⚠️", ":eyes:", "👀",
		":white_check_mark:", "✅", ":hourglass_flowing_sand:", "⏳", ":calendar:", "📆", ":speech_balloon:", "💬",
		":large_yellow_circle:", "🟡", ":large_orange_circle:", "🟠", ":red_circle:", "🔴", ":large_green_circle:", "🟢",
		":question:", "❓", ":bar_chart:", "📊", ":clock3:", "🕒", ":bulb:", "💡",
	).Replace(s)
}
