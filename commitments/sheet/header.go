package sheet

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// header says which column of the file holds which column of Kept.
type header struct {
	titles  []string       // as in the file
	index   map[string]int // Kept's name → position in the file
	columns []string       // Kept's names, in file order
	ignored []string
}

// fold is a column name without what people vary in it.
func fold(name string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "", "\u00a0", "").Replace(strings.ToLower(name))
}

func newHeader(titles []string, o Options) (*header, error) {
	h := &header{index: map[string]int{}}
	for i, t := range titles {
		if f := fault(t); f != "" {
			return nil, fmt.Errorf("header, column %d (%s): %s", i+1, printable(t), f)
		}
		h.titles = append(h.titles, strings.Clone(strings.TrimSpace(t)))
	}
	if err := h.refuseDuplicates(); err != nil {
		return nil, err
	}
	if err := h.assign(o); err != nil {
		return nil, err
	}
	return h, h.complain(o)
}

func (h *header) refuseDuplicates() error {
	seen := map[string]int{}
	for i, t := range h.titles {
		f := fold(t)
		if f == "" {
			continue
		}
		if j, dup := seen[f]; dup {
			return fmt.Errorf("columns %d (%s) and %d (%s) have the same name: rename or remove one",
				j+1, printable(h.titles[j]), i+1, printable(t))
		}
		seen[f] = i
	}
	return nil
}

// assign gives every column of Kept its place: first as the map says, then by
// name. A column of the file that the map uses has no other meaning.
func (h *header) assign(o Options) error {
	known := map[string]string{}
	for _, c := range o.Columns {
		known[fold(c)] = c
	}
	mapped := map[int]bool{}
	for _, k := range sortedKeys(o.Map) {
		column, ok := known[fold(k)]
		if !ok {
			return fmt.Errorf("--map %s: Kept has no such column%s", printable(k), didYouMean(k, o.Columns))
		}
		i := h.find(o.Map[k])
		if i < 0 {
			return fmt.Errorf("--map %s=%s: the file has no such column%s", printable(k), printable(o.Map[k]), didYouMean(o.Map[k], h.titles))
		}
		h.index[column], mapped[i] = i, true
	}
	for i, t := range h.titles {
		column, ok := known[fold(t)]
		if _, taken := h.index[column]; mapped[i] || ok && !taken {
			if !mapped[i] {
				h.index[column] = i
			}
			continue
		}
		h.ignored = append(h.ignored, titleOf(t, i))
	}
	h.columns = sortedKeys(h.index)
	slices.SortStableFunc(h.columns, func(a, b string) int { return h.index[a] - h.index[b] })
	return nil
}

func (h *header) find(title string) int {
	return slices.IndexFunc(h.titles, func(t string) bool { return t != "" && fold(t) == fold(title) })
}

// complain refuses a table that lacks what is required, or holds nothing known.
func (h *header) complain(o Options) error {
	var missing []string
	for _, c := range o.Required {
		if _, ok := h.index[c]; !ok {
			missing = append(missing, c)
		}
	}
	if len(missing) == 0 && len(h.columns) > 0 {
		return nil
	}
	if len(missing) == 0 {
		return fmt.Errorf("no column has a name Kept knows: found %s, expected some of %s%s",
			list(h.ignored), strings.Join(o.Columns, ", "), h.delimiterHint())
	}
	return fmt.Errorf("no column %s%s; found %s: rename it or add --map %s=…%s",
		strings.Join(missing, ", "), didYouMean(missing[0], h.ignored), list(h.titles), missing[0], h.delimiterHint())
}

func (h *header) delimiterHint() string {
	if len(h.titles) == 1 {
		return "; if several columns were read as one, add --delimiter"
	}
	return ""
}

// errNoHeader is for a file with no row at all.
var errNoHeader = errors.New("the file is empty: its first row must name the columns")

func titleOf(title string, i int) string {
	if title == "" {
		return fmt.Sprintf("column %d (no name)", i+1)
	}
	return title
}

// shownTitles is how many column names an error message lists.
const shownTitles = 12

func list(titles []string) string {
	var shown []string
	for i, t := range titles {
		if i == shownTitles {
			shown = append(shown, fmt.Sprintf("… (%d in all)", len(titles)))
			break
		}
		shown = append(shown, printable(titleOf(t, i)))
	}
	return strings.Join(shown, ", ")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
