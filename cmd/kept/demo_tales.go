package main

import (
	"kept/commitments"
	"kept/commitments/store"
)

// tale is one promise of the demo and what happened to it. Days are working days from
// today in the promise's calendar: -1 is the last one that is over, 1 the next to come.
type tale struct {
	customer, owner, kind   string
	title, words, done      string
	value                   string
	every                   string // how often the customer was promised word
	made                    int
	target, promise, dateBy int // 0 is none
	facts                   []fact
}

// fact is one thing that happened to a promise, on a day and at a local time.
type fact struct {
	day   int
	clock string
	do    deed
}

// tales are all promises of the demo. Whatever the day, several are at risk and their
// owners have been told, one is overdue, and two owners have a question to answer.
func tales() []tale {
	return append(append(atRisk(), troubled()...), append(quiet(), finished()...)...)
}

func atRisk() []tale {
	return []tale{
		{
			customer: "Baltic Freight", owner: "Anna Kowalska", kind: "Integration", value: "18000",
			title: "Customs documents exported to SAP", done: "A day of real shipments arrives in SAP without a correction",
			words: "Your customs documents will be in SAP the moment a truck leaves the yard. No more typing them twice.",
			made:  -18, target: -1, promise: 3,
			facts: []fact{
				{-7, "11:20", left("4", "the mapping is done, the error cases are not")},
				{-1, "10:15", left("5", "SAP refuses our test documents; their consultant answers once a day")},
			},
		},
		{
			customer: "Baltic Freight", owner: "Piotr Nowak", kind: "Report", value: "6500",
			title: "Monthly emissions report per truck",
			words: "You can hand the report to your auditors as it is.",
			made:  -12, target: 1, promise: 4,
			facts: []fact{{-2, "14:05", left("8", "two of three truck makers changed their data feed")}},
		},
		{
			customer: "Orchid Hotels", owner: "Grace Lim", kind: "Integration", value: "42000",
			title: "Room keys on the guests’ phones, with the new locks",
			words: "Guests will open their room with their phone from the first night of the festival.",
			made:  -11, target: 1, promise: 3,
			facts: []fact{{-2, "10:30", left("7", "the locks lose their pairing when the corridor loses power")}},
		},
		{
			customer: "Meridian Insurance", owner: "Sofia Reyes", kind: "Report", value: "27000",
			title: "Claims dashboard with live figures for the board",
			words: "The board will see the claims of the same morning, not of last week.",
			made:  -10, target: 1, promise: 5,
			facts: []fact{{-2, "11:00", blocked("3", "no read access to their claims database yet")}},
		},
		{
			customer: "Thames Dental Group", owner: "Daniel Okafor", kind: "Integration", value: "7200",
			title: "Appointment reminders by text message",
			words: "Every patient gets a reminder the day before, and can answer it.",
			made:  -13, target: -5, promise: 1,
			facts: []fact{{-6, "15:40", left("3", "waiting for the sender name to be registered")}},
		},
	}
}

func troubled() []tale {
	return []tale{
		{
			customer: "Kite & Anchor Brewing", owner: "Daniel Okafor", kind: "Rollout", value: "3800",
			title: "Keg tracking in the second brewery",
			words: "You will know where every keg is before the festival season starts.",
			made:  -14, target: -6, promise: -2,
			facts: []fact{{-12, "09:50", left("6", "")}},
		},
		{
			customer: "Zamość Museum", owner: "Anna Kowalska", kind: "Integration", value: "3000",
			title: "School visits booked online",
			words: "Teachers will book their visit themselves, before the term begins.",
			made:  -12, target: -6, promise: -4,
			facts: []fact{
				{-7, "10:30", left("5", "the calendar of their guides is kept on paper")},
				{-3, "09:00", rescue(store.RescueStep{Act: commitments.RescueOwned})},
				{-3, "09:40", rescue(store.RescueStep{
					Act: commitments.RescueCalled, Reason: "dependency", Severity: "high",
					Note: "Told Jadwiga that their guides’ calendar is the hard part. She is angry: the letters to the schools are out.",
				})},
			},
		},
		{
			customer: "Zamość Museum", owner: "Piotr Nowak", kind: "Rollout", value: "4000",
			title: "Audio guide in Ukrainian",
			words: "Your Ukrainian guests will hear the whole tour in their own language.",
			made:  -13, target: 3, promise: 8,
			facts: []fact{{-7, "13:30", left("6", "the voice actor has the texts")}},
		},
		{
			customer: "Orchid Hotels", owner: "Grace Lim", kind: "Report", value: "15000",
			title: "Reporting across all six hotels",
			words: "We will tell you this week when you can have it.",
			made:  -6, dateBy: 1,
		},
		{
			customer: "Maple & Pine", owner: "Sofia Reyes", kind: "Rollout", value: "5000",
			title: "Stock counts on the shop tablets",
			words: "Your people will count with the tablets they already have.",
			made:  -15, target: -7, promise: -3,
			facts: []fact{
				{-8, "10:10", left("6", "their new labels do not scan")},
				{-6, "11:45", newDate(6, "Their new barcode supplier changed the label format. Agreed with Robert on the phone; he prefers a week later to half of the shops.")},
				{-2, "16:20", left("3", "all labels scan; the slow tablets are left")},
			},
		},
	}
}

func quiet() []tale {
	return []tale{
		{
			customer: "Meridian Insurance", owner: "Sofia Reyes", kind: "Rollout", value: "36000", title: "Audit log kept for seven years",
			words: "Every change stays on record for seven years, and your auditors can search it.",
			made:  -9, target: 14, promise: 18, facts: []fact{{-4, "10:00", left("9", "")}},
		},
		{
			customer: "Baltic Freight", owner: "Anna Kowalska", kind: "Rollout", value: "9000", title: "Driver app in Polish and Ukrainian",
			words: "Each driver chooses the language once, on the first day. We will write every week.", every: "5d",
			made: -6, target: 8, promise: 12, facts: []fact{{-3, "12:10", left("5", "")}},
		},
		{
			customer: "Maple & Pine", owner: "Sofia Reyes", kind: "Integration", value: "5000", title: "Returns portal for online orders",
			words: "Your customers will print their own return label.",
			made:  -9, target: 2, promise: 7,
			facts: []fact{
				{-5, "14:30", left("3", "")},
				{-4, "09:20", waiting("their returns policy, which their lawyer is reading")},
			},
		},
		{
			customer: "Thames Dental Group", owner: "Daniel Okafor", kind: "Rollout", value: "1900", title: "Training for the front desks",
			words: "Half a day in each practice, at a time that costs you no patients.",
			made:  -7, target: 3, promise: 6, facts: []fact{{-1, "09:40", left("1", "the last practice is booked")}},
		},
		{
			customer: "Maple & Pine", owner: "Grace Lim", kind: "Rollout", value: "5000", title: "Gift cards that work in every shop",
			words: "Bought in one shop, spent in any other.",
			made:  -5, target: 11, promise: 15,
		},
		{
			customer: "Kite & Anchor Brewing", owner: "Daniel Okafor", kind: "Rollout", value: "2400", title: "Web shop for brewery tours",
			words: "Visitors book and pay before they come.",
			made:  -4, target: 9, promise: 13,
		},
	}
}

func finished() []tale {
	return []tale{
		{
			customer: "Meridian Insurance", owner: "Sofia Reyes", kind: "Integration", value: "21000", title: "Photos of the damage with every claim",
			words: "Your customers will photograph the damage, and you will see it with the claim.",
			made:  -140, target: -131, promise: -125, facts: []fact{{-133, "10:00", left("2", "")}, {-127, "15:30", delivered}},
		},
		{
			customer: "Baltic Freight", owner: "Anna Kowalska", kind: "Integration", value: "12000", title: "Single sign-on for the dispatchers",
			words: "Your dispatchers will sign in with their company account.",
			made:  -20, target: -11, promise: -8,
			facts: []fact{
				{-13, "10:00", left("1", "")},
				{-10, "15:10", extra("a cheat sheet with the dispatchers’ own photos, laminated", "18")},
				{-10, "16:20", delivered},
				{-9, "10:40", asks("Baltic Freight", "Could every driver see the next three stops, not only the next one?")},
				{-9, "10:45", extraNoticed},
				{-8, "11:30", rated("5", "They said when, and they were early. The card with the photos hangs on the wall.")},
			},
		},
		{
			customer: "Thames Dental Group", owner: "Daniel Okafor", kind: "Rollout", value: "8800", title: "Ten years of patient letters moved over",
			words: "Every letter will be there, under the right patient.",
			made:  -19, target: -13, promise: -10,
			facts: []fact{
				{-14, "09:30", left("5", "two of four scanners failed")},
				{-13, "11:10", slipping(-9, "Told Dr Shah that two scanners failed. She was glad to hear it before the weekend.")},
				{-9, "09:20", rescue(store.RescueStep{Act: commitments.RescueOwned})},
				{-9, "09:50", rescue(store.RescueStep{Act: commitments.RescueCalled, Reason: "supplier", Severity: "medium", Note: "Told Dr Shah: two more days. She keeps the paper at hand until then."})},
				{-8, "15:00", delivered},
				{-7, "10:00", rescue(store.RescueStep{Act: commitments.RescueMadeRight, What: "the letters of the last two practices scanned for free", Cost: "400"})},
				{-6, "09:30", rescue(store.RescueStep{Act: commitments.RescueClosed, WonBack: new(true)})},
				{-6, "12:30", rated("3", "All letters are there. I would have liked the date to hold; but I heard it from you first.")},
			},
		},
		{
			customer: "Kite & Anchor Brewing", owner: "Daniel Okafor", kind: "Report", value: "900", title: "Labels with the new excise codes",
			words: "Ready before the inspector comes.",
			made:  -17, target: -14, promise: -12,
			facts: []fact{{-11, "17:30", delivered}, {-10, "11:40", rescue(store.RescueStep{Act: commitments.RescueClosed, Reason: "estimate", Note: "Tom had not noticed the day."})}, {-10, "12:15", asksInVain("Kite & Anchor Brewing", "Can the labels smell of hops?", "Not with our printer. Tom laughed, and meant it half.")}},
		},
		{
			customer: "Orchid Hotels", owner: "Grace Lim", kind: "Integration", value: "11000", title: "Loyalty points shown at check-in",
			words: "The front desk sees the points before the guest asks.",
			made:  -16, target: -8, promise: -5,
			facts: []fact{
				{-10, "11:00", left("6", "the points arrive an hour late")},
				{-9, "10:20", stillOn("Told Wei Ling that it is tight and that Grace stays on it. She asked for the points in colour.")},
				{-7, "16:00", left("1", "")},
				{-6, "17:10", delivered},
				{-4, "10:15", asks("Orchid Hotels", "The points in colour, please: gold guests should see gold.")},
			},
		},
		{
			customer: "Meridian Insurance", owner: "Sofia Reyes", kind: "Rollout", value: "2000", title: "Fax gateway for the Albany office",
			words: "Your Albany office keeps its fax number.",
			made:  -15, target: 4, promise: 10, facts: []fact{{-8, "13:00", withdrawn("They closed the Albany office.")}},
		},
		{
			customer: "Zamość Museum", owner: "Piotr Nowak", kind: "Rollout", value: "6100", title: "Ticket machine in the courtyard",
			words: "Visitors will not queue in the rain.",
			made:  -19, target: -7, promise: -4, facts: []fact{{-9, "12:00", left("1", "")}, {-5, "14:45", delivered}, {-3, "09:30", asks("Zamość Museum", "A second machine at the castle gate, before the summer.")}},
		},
	}
}
