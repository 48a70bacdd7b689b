package holidays

import (
	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/mw"
	"github.com/rickar/cal/v2/nc"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// rulesByRegion is the table of regions. A plain list is the library's own; a
// function is one that corrections.go puts right.
func rulesByRegion() map[string][]*cal.Holiday {
	return map[string][]*cal.Holiday{
		"AR": argentina(),
		"AT": at.Holidays,

		"AU-ACT": kingsBirthday(au.HolidaysACT, au.QueensBirthday),
		"AU-NSW": newSouthWales(),
		"AU-NT":  kingsBirthday(au.HolidaysNT, au.QueensBirthday),
		"AU-QLD": kingsBirthday(au.HolidaysQLD, au.QueensBirthdayQld),
		"AU-SA":  southAustralia(),
		"AU-TAS": kingsBirthday(au.HolidaysTAS, au.QueensBirthday),
		"AU-VIC": kingsBirthday(au.HolidaysVIC, au.QueensBirthday),
		"AU-WA":  kingsBirthday(au.HolidaysWA, au.QueensBirthdayWa),

		"BE": be.Holidays,
		"BG": bg.Holidays,
		"BR": brazil(),
		"CA": ca.Holidays,

		"CH":    switzerland(),
		"CH-AG": ch.HolidaysAG,
		"CH-AI": ch.HolidaysAI,
		"CH-AR": ch.HolidaysAR,
		"CH-BE": ch.HolidaysBE,
		"CH-BL": ch.HolidaysBL,
		"CH-BS": ch.HolidaysBS,
		"CH-FR": ch.HolidaysFR,
		"CH-GE": geneva(),
		"CH-GL": ch.HolidaysGL,
		"CH-GR": ch.HolidaysGR,
		"CH-JU": jura(),
		"CH-LU": ch.HolidaysLU,
		"CH-NE": neuchatel(),
		"CH-NW": ch.HolidaysNW,
		"CH-OW": ch.HolidaysOW,
		"CH-SG": ch.HolidaysSG,
		"CH-SH": ch.HolidaysSH,
		"CH-SO": ch.HolidaysSO,
		"CH-SZ": ch.HolidaysSZ,
		"CH-TG": ch.HolidaysTG,
		"CH-TI": ch.HolidaysTI,
		"CH-UR": ch.HolidaysUR,
		"CH-VD": vaud(),
		"CH-VS": ch.HolidaysVS,
		"CH-ZG": ch.HolidaysZG,
		"CH-ZH": ch.HolidaysZH,

		"CZ": cz.Holidays,

		"DE":    de.Holidays,
		"DE-BB": de.HolidaysBB,
		"DE-BE": berlin(),
		"DE-BW": de.HolidaysBW,
		"DE-BY": bavaria(),
		"DE-HB": de.HolidaysHB,
		"DE-HE": de.HolidaysHE,
		"DE-HH": de.HolidaysHH,
		"DE-MV": mecklenburg(),
		"DE-NI": de.HolidaysNI,
		"DE-NW": de.HolidaysNW,
		"DE-RP": de.HolidaysRP,
		"DE-SH": de.HolidaysSH,
		"DE-SL": de.HolidaysSL,
		"DE-SN": de.HolidaysSN,
		"DE-ST": de.HolidaysST,
		"DE-TH": de.HolidaysTH,

		"DK": denmark(),
		"ES": es.Holidays,
		"FR": fr.Holidays,
		"GB": gb.Holidays, // England and Wales
		"GR": greece(),
		"HR": hr.Holidays,
		"IE": ie.Holidays,
		"IT": italy(),
		"JP": jp.Holidays,
		"LT": lt.Holidays,
		"LV": lv.Holidays,
		"MW": mw.Holidays,
		"NC": nc.Holidays,
		"NL": nl.Holidays,
		"NO": no.Holidays,
		"NZ": newZealand(),
		"PL": poland(),
		"RO": romania(),
		"RU": russia(),
		"SE": se.Holidays,
		"SI": si.Holidays,
		"SK": slovakia(),
		"UA": ukraine(),

		"US":    us.Holidays,
		"US-CA": california(),
		"US-MA": massachusetts(),
		"US-NY": newYork(),

		"ZA": za.Holidays,
	}
}
