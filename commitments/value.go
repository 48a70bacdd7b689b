package commitments

import (
	"fmt"
	"math/big"
)

// Worth is what one customer buys over the years they stay.
type Worth struct {
	Sale        Money
	EveryMonths int // months from one sale to the next; 0 = unknown
	Years       int // years the customer stays; 0 = unknown
	Margin      int // percent of a sale that is kept; 0 = 100
}

// Lifetime is sale × sales in the years kept × margin; unknown unless all of
// them are known, and where it is more than any amount Kept takes.
func (w Worth) Lifetime() Money {
	if !w.Sale.Known || w.EveryMonths == 0 || w.Years == 0 {
		return Money{}
	}
	total := big.NewInt(w.Sale.Hundredths)
	total.Mul(total, big.NewInt(int64(w.sales())))
	total.Mul(total, big.NewInt(w.margin()))
	total.Quo(total.Add(total, big.NewInt(5000)), big.NewInt(10000))
	if !total.IsInt64() || total.Int64() > maxMoney {
		return Money{}
	}
	return Money{total.Int64(), true}
}

// sales is the number of sales in the years the customer stays, in hundredths.
func (w Worth) sales() Days { return Days(rounded(int64(w.Years)*12*100, int64(w.EveryMonths))) }

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
	sales, noun := w.sales(), "sales"
	if sales == 100 {
		noun = "sale"
	}
	text := fmt.Sprintf("%s every %s for %s = %s %s × %s", w.Sale.Grouped(), period(w.EveryMonths), count(w.Years, "year"), sales, noun, w.Sale.Grouped())
	if w.margin() != 100 {
		text += fmt.Sprintf(" × %d%%", w.Margin)
	}
	return fmt.Sprintf("%s = %s %s", text, total.Grouped(), currency)
}

// period is a number of months for people: "3 years", "year", "6 months".
func period(months int) string {
	switch {
	case months == 1:
		return "month"
	case months == 12:
		return "year"
	case months%12 == 0:
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
	noun := "customers"
	if customers == 1 {
		noun = "customer"
	}
	each := Money{rounded(profit.Hundredths, int64(customers)), true}
	text := fmt.Sprintf("%s ÷ %s %s = %s %s", profit.Grouped(), Dollars(int64(customers)).Grouped(), noun, each.Grouped(), currency)
	return each, text, nil
}

// rounded is a ÷ b to the nearest whole number, for amounts that are not negative.
func rounded(a, b int64) int64 { return (a + b/2) / b }
