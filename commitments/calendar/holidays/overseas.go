package holidays

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/ar"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/us"
)

// Corrections for the Americas and the Pacific; see corrections.go.

// argentina: law 27.399. Four holidays move from Tuesday and Wednesday to the
// Monday before, from Thursday and Friday to the Monday after; the others stay
// where they fall. Good Friday is a Friday. Bridge days come by decree and are
// not foreseeable.
func argentina() []*cal.Holiday {
	toMonday := []cal.AltDay{
		{Day: time.Tuesday, Offset: -1}, {Day: time.Wednesday, Offset: -2},
		{Day: time.Thursday, Offset: 4}, {Day: time.Friday, Offset: 3},
	}
	list := without(ar.Holidays, ar.EasternsDay, ar.GuemesDay, ar.BelgranoDay, ar.SanMartinDay, ar.DiversityDay, ar.SovereigntyDay)
	return with(list,
		&cal.Holiday{Name: ar.EasternsDay.Name, Offset: -2, Func: cal.CalcEasterOffset},
		fixed(ar.BelgranoDay.Name, time.June, 20),
		moving(ar.GuemesDay, toMonday...),
		moving(ar.SanMartinDay, toMonday...),
		moving(ar.DiversityDay, toMonday...),
		moving(ar.SovereigntyDay, toMonday...),
	)
}

// kingsBirthday: the Queen's Birthday bears the King's name since 2023.
func kingsBirthday(list []*cal.Holiday, queens *cal.Holiday) []*cal.Holiday {
	return with(without(list, queens), until(2022, queens), since(2023, named("King's Birthday", queens)))
}

// newSouthWales: the Mondays after Anzac Day of 2026 and 2027 are free, as
// announced by the state on 16 February 2026 for these two years.
func newSouthWales() []*cal.Holiday {
	return with(kingsBirthday(au.HolidaysNSW, au.QueensBirthday),
		once("ANZAC Day (additional day)", 2026, time.April, 27),
		once("ANZAC Day (additional day)", 2027, time.April, 26))
}

// southAustralia: Anzac Day no longer moves (Public Holidays Act 2023).
func southAustralia() []*cal.Holiday {
	list := without(au.HolidaysSA, au.AnzacDayNtQldSa)
	return with(kingsBirthday(list, au.QueensBirthday), until(2023, au.AnzacDayNtQldSa), since(2024, au.AnzacDay))
}

// newZealand: Matariki, and the King's Birthday.
func newZealand() []*cal.Holiday {
	list := kingsBirthday(nz.Holidays, nz.QueensBirthday)
	return with(list, &cal.Holiday{Name: "Matariki", Func: matariki})
}

// matariki is a Friday set for each year by the schedule of Te Kāhui o Matariki
// Public Holiday Act 2022; the later years are left to an update.
func matariki(_ *cal.Holiday, year int) time.Time {
	const firstYear = 2022
	fridays := [...]struct {
		month time.Month
		day   int
	}{
		{6, 24}, {7, 14}, {6, 28}, {6, 20}, {7, 10}, {6, 25}, {7, 14},
		{7, 6}, {6, 21}, {7, 11}, {7, 2}, {6, 24}, {7, 7}, {6, 29},
	}
	if year < firstYear || year >= firstYear+len(fridays) {
		return time.Time{}
	}
	f := fridays[year-firstYear]
	return time.Date(year, f.month, f.day, 0, 0, 0, 0, time.UTC)
}

// newYork: the federal days, and by General Construction Law § 24 Lincoln's
// birthday and election day.
func newYork() []*cal.Holiday {
	return with(us.Holidays,
		sundayToMonday(fixed("Lincoln's Birthday", time.February, 12)),
		nth("Election Day", time.November, 1, time.Monday, 1))
}

// massachusetts: the federal days and Patriots' Day (General Laws c. 4 § 7).
func massachusetts() []*cal.Holiday {
	return with(us.Holidays, nth("Patriots' Day", time.April, 3, time.Monday, 0))
}

// california: Government Code § 19853: the federal days but Columbus Day, with
// Cesar Chavez Day and the day after Thanksgiving.
func california() []*cal.Holiday {
	return with(without(us.Holidays, us.ColumbusDay),
		sundayToMonday(fixed("Cesar Chavez Day", time.March, 31)),
		us.DayAfterThanksgivingDay)
}
