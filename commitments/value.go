package commitments

import "fmt"

// Worth is what one customer buys over the years they stay.
type Worth struct {
	Sale        Money
	EveryMonths int // months from one sale to the next; 0 = unknown
	Years       int // years the customer stays; 0 = unknown
	Margin      int // percent of a sale that is kept; 0 = 100
}

// Lifetime is sale × sales in the years kept × margin; unknown unless all of them are known.
func (w Worth) Lifetime() Money {
	if !w.Sale.Known || w.EveryMonths == 0 || w.Years == 0 {
		return Money{}
	}
	sales100 := int64(w.Years) * 12 * 100 / int64(w.EveryMonths)
	return Money{w.Sale.Hundredths * sales100 / 100 * w.margin() / 100, true}
}

func (w Worth) margin() int64 {
	if w.Margin == 0 {
		return 100
	}
	return int64(w.Margin)
}

// Text shows the arithmetic: "5,000 every 3 years for 15 years = 5 sales × 5,000 = 25,000 USD".
func (w Worth) Text(currency string) string {
	total := w.Lifetime()
	if !total.Known {
		return ""
	}
	sales := Days(int64(w.Years) * 12 * 100 / int64(w.EveryMonths))
	text := fmt.Sprintf("%s every %s for %s = %s sales × %s", w.Sale.Grouped(), period(w.EveryMonths), count(w.Years, "year"), sales, w.Sale.Grouped())
	if w.margin() != 100 {
		text += fmt.Sprintf(" × %d%%", w.Margin)
	}
	return fmt.Sprintf("%s = %s %s", text, total.Grouped(), currency)
}

// period is a number of months for people: "3 years", "6 months".
func period(months int) string {
	if months%12 == 0 {
		return count(months/12, "year")
	}
	return count(months, "month")
}

// CompanyValue is the plain company-wide lifetime value of a customer, profit ÷
// customers, with its arithmetic.
func CompanyValue(profit Money, customers int, currency string) (Money, string, error) {
	if customers < 1 {
		return Money{}, "", Invalid("customers", "want at least 1 customer")
	}
	each := Money{profit.Hundredths / int64(customers), true}
	text := fmt.Sprintf("%s ÷ %s customers = %s %s", profit.Grouped(), Dollars(int64(customers)).Grouped(), each.Grouped(), currency)
	return each, text, nil
}
