package flowcheck

import "fmt"

// Beyond says of each golden conversation that the demo's wallet cannot bring about why
// it cannot.
func Beyond() map[string]string {
	all := map[string]string{
		"FL2-08": "the rail says within two hours what became of a payment",
		"FL2-26": "no policy asks for a second person before a bank is asked where a payment is",
		"FL2-29": "the wallet fails no freeze that it said it would do",
		"FL2-30": "a payment that nobody looks at is answered within seconds",
		"FL8-06": "everybody has a bank account there beside their card", "FL8-07": "everybody has a bank account there beside their card",
		"FL8-12": "no network renews a card there by itself", "FL8-14": "everybody has a card there from the beginning",
		"FL8-15": "the wallet has a form for adding cards", "FL8-16": "the wallet tells what rests on a card",
		"FL8-21": "the wallet refuses nothing of which it said that it can go", "FL8-22": "there are no business cards there",
		"FL8-23": "the wallet always says why a card cannot go",
		"FL8-24": "an answer that is lost is found again at once, by the key", "FL8-25": "the wallet ends a permission at once", "FL8-26": "an answer that is lost is found again at once, by the key",
		"FL4-09": "a customer who has just begun there has one currency", "FL4-12": "the wallet gives statements", "FL4-23": "the wallet tells of every payment that it lists",
		"FL6-24": "the wallet refuses no freeze",
		"FL7-01": "the wallet takes a refund on at once, and keeps nobody waiting for that",
		"FL7-04": "no shop of the wallet refuses for good what was paid within its days",
		"FL7-09": "every refund of the wallet's arrives within its time",
		"FL7-16": "the wallet has no cap of refunds that a customer could reach",
		"FL7-21": "no shop says no when it is asked",
		"FL7-22": "the wallet shows a refund from the moment in which it was asked for",
		"FL7-24": "every refund of the wallet's arrives within its time",
		"FL7-06": "the wallet shows a refund from the moment in which it was asked for", "FL7-28": "the wallet shows a refund from the moment in which it was asked for",
		"FL7-27":  "the wallet takes files",
		"FL7-29":  "the wallet refuses no refund that it said it would give",
		"FL7-25":  "what the wallet agreed to take back it takes back",
		"FL15-04": "the wallet stops nothing by itself", "FL15-05": "no authority asks the wallet for anything", "FL15-23": "no authority asks the wallet for anything", "FL15-06": "no authority asks the wallet for anything",
		"FL15-19": "the wallet stops nothing by itself", "FL15-20": "the wallet stops nothing by itself",
		"FL15-07": "what proves who a customer is does not change there", "FL15-16": "what proves who a customer is does not change there",
		"FL15-24": "what proves who a customer is does not change there",
		"FL15-09": "nobody waits there until a proof is too late", "FL15-14": "nobody waits there until a second person is too late",
		"FL15-10": "a wallet that never answered has not said that it tells restrictions: the form is asked instead of the flow",
		"FL15-15": "an answer that is lost is found again at once, by the key",
		"FL15-21": "a freeze stays as it is until it is lifted",
		"FL19-02": "the wallet takes no dispute of a transfer that is still on its way: a person comes after the recall (FL19-23)",
		"FL19-12": "the wallet takes a dispute of every payment that was taken (FL19-44 is one that was not)", "FL19-45": "the wallet takes a dispute of every payment that was taken",
		"FL19-46": "the wallet fails no dispute that it said it would open",
		"FL19-13": "the wallet can sign its customers out",
		"FL19-24": "the wallet freezes at once",
		"FL19-25": "the wallet asks for every transfer back that is on its way",
		"FL19-26": "the wallet refuses no freeze",
		"FL3-01":  "what proves who a customer is does not change there", "FL3-16": "what proves who a customer is does not change there",
		"FL3-17": "what proves who a customer is does not change there", "FL3-20": "what proves who a customer is does not change there", "FL18-14": "what proves who a customer is does not change there",
		"FL3-27": "an alert begins a run by itself, and nobody walks there by one", "FL3-28": "an alert begins a run by itself, and nobody walks there by one",
		"FL3-29": "an alert begins a run by itself, and nobody walks there by one",
		"FL3-38": "nobody there tries to come back in as somebody else", "FL3-39": "nobody there tries to come back in as somebody else",
		"FL3-40": "nobody there tries to come back in as somebody else", "FL3-41": "nobody there tries to come back in as somebody else", "FL3-47": "nobody there tries to come back in as somebody else", "FL3-48": "an alert begins a run by itself, and nobody walks there by one", "FL3-49": "an alert begins a run by itself, and nobody walks there by one",
		"FL3-42": "an alert begins a run by itself, and nobody walks there by one", "FL3-43": "an alert begins a run by itself, and nobody walks there by one",
		"FL3-32": "the register of the house is nothing of the wallet's", "FL3-33": "the register of the house is nothing of the wallet's",
		"FL3-36":  "the register of the house is nothing of the wallet's",
		"FL21-07": "the register of the house is nothing of the wallet's", "FL21-08": "the register of the house is nothing of the wallet's",
		"FL21-11": "the register of the house is nothing of the wallet's", "FL21-13": "nobody there tries to come back in as somebody else",
		"FL22-03": "the wallet decides a dispute when the time to add something is over", "FL22-06": "an answer that is lost is found again at once, by the key", "FL22-10": "the wallet takes files",
		"FL23-11": "whoever is walked there is signed in", "FL23-12": "whoever is walked there is signed in",
		"FL3-03": "whoever is walked there proves all that is done",
		"FL3-08": "an answer that is lost is found again at once, by the key", "FL18-22": "an answer that is lost is found again at once, by the key",
		"FL3-09": "the wallet removes every device that it knows",
		"FL3-10": "the wallet tells its devices and sign-ins", "FL3-21": "the wallet tells its devices and sign-ins",
		"FL18-02": "no card of the wallet's is kept on a phone", "FL18-10": "no card of the wallet's is kept on a phone",
		"FL18-24": "the wallet removes every device that it knows", "FL18-26": "the wallet signs everybody out at once",
		"FL18-08": "the wallet blocks every card that it knows",
		"FL17-28": "the wallet always says whether something can be brought back", "FL17-32": "an answer that is lost is found again at once, by the key",
		"FL17-33": "the wallet ends every retrieval within its time", "FL17-36": "no policy asks for a second person before a transfer is brought back",
		"FL17-40": "an answer that is lost is found again at once, by the key",
		"FL17-37": "the wallet refuses nothing of which it says that it can be brought back",
		"FL9-17":  "whoever is new there has no money on a chain",
		"FL9-20":  "the wallet asks for every transfer back that is on its way",
		"FL9-34":  "no policy asks for a second person before a transfer is asked back", "FL9-35": "no policy asks for a second person before a transfer is asked back",
		"FL9-36": "no policy asks for a second person before a transfer is asked back", "FL9-37": "no policy asks for a second person before a transfer is asked back",
		"FL19-33": "the wallet decides a dispute when the time to add something is over",
		"FL19-37": "an answer that is lost is found again at once, by the key", "FL19-41": "the wallet takes files",
		"FL19-27": "no policy asks for a second person before a transfer is asked back",
		"FL9-22":  "the wallet never says why it holds a payment", "FL9-23": "the wallet never says why it holds a payment",
		"FL9-31": "the wallet never says why it holds a payment", "FL9-32": "the wallet never says why it holds a payment",
	}
	for n := range 29 {
		all[fmt.Sprintf("FL12-%02d", n+1)] = "what is open, and who is there, is the house's and not the wallet's"
	}
	for _, n := range []int{5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27} {
		all[fmt.Sprintf("FL14-%02d", n)] = "who is there, and what is announced, is the house's and not the wallet's"
	}
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 19, 20, 22, 23, 24} {
		all[fmt.Sprintf("FL20-%02d", n)] = "everybody there is known and has paid in from the beginning, and a phrase is the house's"
	}
	for n := range 20 {
		all[fmt.Sprintf("FL10-%02d", n+1)] = "what the house offers, and whoever asks about it without signing in, is nothing of the wallet's"
	}
	for n := range 37 {
		all[fmt.Sprintf("FL1-%02d", n+1)] = "what is proven is proven on the wallet's own page, by letters: its rules and a journey walk that"
	}
	for n := range 33 {
		all[fmt.Sprintf("FL13-%02d", n+1)] = "what is kept of a customer is the house's and not the wallet's"
	}
	beyondLeaving(all)
	beyondLoyalty(all)
	beyondAgreements(all)
	for n := range 27 {
		all[fmt.Sprintf("FL11-%02d", n+1)] = "the wallet's list of fees is another one"
	}
	return all
}
