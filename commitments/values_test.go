package commitments

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMoneyAsTyped(t *testing.T) {
	for _, c := range []struct {
		typed         string
		hundredths    int64
		text, grouped string
	}{
		{"0", 0, "0", "0"}, {"7", 700, "7", "7"}, {"143.46", 14346, "143.46", "143.46"}, {"0.5", 50, "0.50", "0.50"},
		{"1500", 150000, "1500", "1,500"}, {"1234567.8", 123456780, "1234567.80", "1,234,567.80"}, {"100000", 10000000, "100000", "100,000"},
		{"1000000000000", maxMoney, "1000000000000", "1,000,000,000,000"},
	} {
		m, err := ParseMoney(c.typed)
		if err != nil || m != (Money{c.hundredths, true}) || m.String() != c.text || m.Grouped() != c.grouped {
			t.Errorf("%s: %v, %q, %q, %v", c.typed, m, m.String(), m.Grouped(), err)
		}
	}
	for _, s := range []string{"", ".", ".5", "1.", "1.234", "1,5", "1,500", "1e3", "+1", "-1", "--1", "1.-5", "1_000", "0x10", "NaN", " 1", "$5", "1000000000000.01", "99999999999999999999"} {
		if m, err := ParseMoney(s); err == nil {
			t.Errorf("%q is taken for %v", s, m)
		}
	}
}

func TestMoneyInJSONAndSQL(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Money{rapid.Int64Range(0, maxMoney).Draw(t, "hundredths"), true}
		if rapid.IntRange(0, 9).Draw(t, "unknown") == 0 {
			m = Money{}
		}
		b, err := json.Marshal(m)
		var back Money
		if err != nil || json.Unmarshal(b, &back) != nil || back != m {
			t.Fatalf("%v is %s, read as %v, %v", m, b, back, err)
		}
		v, _ := m.Value()
		scanned := Money{1, true}
		if err := scanned.Scan(v); err != nil || scanned != m {
			t.Fatalf("%v is stored as %v, read as %v, %v", m, v, scanned, err)
		}
	})
	if b, _ := json.Marshal(struct{ A, B Money }{A: Dollars(0)}); string(b) != `{"A":0,"B":null}` {
		t.Errorf("%s: nothing and unknown are two things", b)
	}
}

func TestDays(t *testing.T) {
	for _, c := range []struct {
		typed string
		days  Days
		whole int
	}{{"0", 0, 0}, {"0.5", 50, 1}, {"3", 300, 3}, {"4.01", 401, 5}, {"1000", maxWork, 1000}} {
		d, err := ParseDays(c.typed)
		if err != nil || d != c.days || d.String() != c.typed || d.Whole() != c.whole {
			t.Errorf("%s: %d, %q, %d whole, %v", c.typed, d, d.String(), d.Whole(), err)
		}
	}
	for _, s := range []string{"", "-1", "1000.01", "1.234", "two", "1e2"} {
		if _, err := ParseDays(s); err == nil || !strings.Contains(err.Error(), "working days") {
			t.Errorf("%q: %v, want a word about working days", s, err)
		}
	}
}

func TestIDInSQL(t *testing.T) {
	for _, want := range []ID{0, 42} {
		v, _ := want.Value()
		got := ID(7)
		if err := got.Scan(v); err != nil || got != want || (want == 0) != (v == nil) {
			t.Errorf("%d is stored as %v, read as %d, %v", want, v, got, err)
		}
	}
	if err := new(ID).Scan("42"); err == nil {
		t.Error("text is taken for an id")
	}
}

// The two examples of lifetime value, to the letter.
func TestLifetimeValueExamples(t *testing.T) {
	w := Worth{Sale: Dollars(5000), EveryMonths: 36, Years: 15}
	if w.Lifetime() != Dollars(25000) || w.Text("USD") != "5,000 every 3 years for 15 years = 5 sales × 5,000 = 25,000 USD" {
		t.Errorf("%v, %q", w.Lifetime(), w.Text("USD"))
	}
	each, text, err := CompanyValue(Dollars(700_000), 2000, "USD")
	if err != nil || each != Dollars(350) || text != "700,000 ÷ 2,000 customers = 350 USD" {
		t.Errorf("%v, %q, %v", each, text, err)
	}
}

func TestLifetimeValue(t *testing.T) {
	for _, c := range []struct {
		worth Worth
		text  string
	}{
		{Worth{Dollars(5000), 36, 15, 40}, "5,000 every 3 years for 15 years = 5 sales × 5,000 × 40% = 10,000 EUR"},
		{Worth{Dollars(100), 1, 2, 0}, "100 every month for 2 years = 24 sales × 100 = 2,400 EUR"},
		{Worth{Dollars(100), 12, 1, 0}, "100 every year for 1 year = 1 sale × 100 = 100 EUR"},
		{Worth{Dollars(100), 9, 2, 0}, "100 every 9 months for 2 years = 2.67 sales × 100 = 267 EUR"},
		{Worth{Money{1999, true}, 18, 3, 0}, "19.99 every 18 months for 3 years = 2 sales × 19.99 = 39.98 EUR"},
		{Worth{Money{555, true}, 9, 2, 0}, "5.55 every 9 months for 2 years = 2.67 sales × 5.55 = 14.82 EUR"},
		{Worth{}, ""},
		{Worth{Sale: Dollars(100), Years: 15}, ""},
		{Worth{Sale: Dollars(100), EveryMonths: 12}, ""},
		{Worth{EveryMonths: 12, Years: 15}, ""},
		{Worth{Money{maxMoney, true}, 1, 100, 100}, ""}, // more than any amount: unknown, never a wrong number
	} {
		if got := c.worth.Text("EUR"); got != c.text {
			t.Errorf("%q, want %q", got, c.text)
		}
	}
}

func TestCompanyValue(t *testing.T) {
	for _, c := range []struct {
		profit    Money
		customers int
		text      string
	}{
		{Dollars(200), 3, "200 ÷ 3 customers = 66.67 USD"},
		{Dollars(200), 1, "200 ÷ 1 customer = 200 USD"},
		{Dollars(0), 4, "0 ÷ 4 customers = 0 USD"},
	} {
		if _, text, err := CompanyValue(c.profit, c.customers, "USD"); err != nil || text != c.text {
			t.Errorf("%q, %v, want %q", text, err, c.text)
		}
	}
	for _, n := range []int{0, -1} {
		if _, _, err := CompanyValue(Dollars(1), n, "USD"); !errors.Is(err, ErrInvalid) {
			t.Errorf("%d customers: %v, want wrong use", n, err)
		}
	}
}
