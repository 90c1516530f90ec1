package lives

import (
	"hash/fnv"

	"kefu/internal/domain/wallet"
)

// Person is a customer whose life the demo invents.
type Person struct {
	ID       string
	Name     string
	Language string
	// New is for somebody who has just begun: with an account, some money, what proves
	// them and limits, and without a past.
	New bool
}

// life is how a person of the demo uses the wallet.
type life struct {
	locale, zone, country string
	email, phone          string
	currency              string
	income                string // a month
	rent                  string
	landlord, employer    string
	friends               []string
	shops                 []shop
	flags                 []string
	crypto                bool   // has an account in a currency of 18 decimals
	second                string // another currency
	story                 func(*seeding) error
	quiet                 bool // has not used the wallet for some days, so that nothing is on its way
}

// shop is where somebody spends, and how much in smallest units.
type shop struct {
	name, category string
	least, most    int64
	online         bool
}

func europeanShops() []shop {
	return []shop{
		{"REWE Markt", "5411", 800, 6400, false}, {"Bäckerei Junge", "5462", 240, 980, false}, {"BVG Fahrinfo", "4111", 350, 350, true},
		{"Rossmann", "5912", 400, 3200, false}, {"Café Einstein", "5814", 450, 1800, false}, {"Deutsche Bahn", "4112", 1990, 8900, true},
		{"Thalia", "5942", 900, 4200, false}, {"Spotify", "4899", 1099, 1099, true},
	}
}

func britishShops() []shop {
	return []shop{
		{"Tesco Express", "5411", 350, 4200, false}, {"Pret A Manger", "5814", 320, 1150, false}, {"Transport for London", "4111", 280, 880, false},
		{"Waterstones", "5942", 799, 3499, false}, {"Netflix", "4899", 1299, 1299, true}, {"Boots", "5912", 400, 2600, false}, {"Deliveroo", "5812", 1400, 3900, true},
	}
}

func chineseShops() []shop {
	return []shop{
		{"盒马鲜生", "5411", 2300, 26800, false}, {"瑞幸咖啡", "5814", 990, 3200, false}, {"北京地铁", "4111", 300, 900, false}, {"美团外卖", "5812", 1800, 8600, true},
		{"京东商城", "5311", 3900, 89900, true}, {"全家便利店", "5411", 650, 4800, false}, {"滴滴出行", "4121", 1200, 6800, true}, {"爱奇艺会员", "4899", 2500, 2500, true},
	}
}

func gulfShops() []shop {
	return []shop{
		{"Carrefour Mall of the Emirates", "5411", 2200, 38000, false}, {"Noon", "5311", 4900, 59900, true}, {"Careem", "4121", 1200, 7800, true},
		{"Tim Hortons", "5814", 1400, 4200, false}, {"RTA Nol", "4111", 500, 2000, false}, {"Talabat", "5812", 2900, 11900, true},
	}
}

// lifeOf gives a person's life: that of the demo's own people with their story, and
// for anybody else an ordinary one.
func lifeOf(p Person) life {
	switch p.ID {
	case "cust-anna":
		return life{
			locale: "de-DE", zone: "Europe/Berlin", country: "DE", email: "anna.schmidt@example.org", phone: "+49 170 5550142", currency: "EUR", income: "2840.00",
			rent: "", landlord: "Hausverwaltung Krüger", employer: "Nordlicht Verlag GmbH", friends: []string{"Jonas Weber", "Lea Hoffmann", "Mara Klein"},
			shops: europeanShops(), crypto: true, second: "USD", story: annaStory,
		}
	case "cust-james":
		return life{
			locale: "en-GB", zone: "Europe/London", country: "GB", email: "j.okafor@example.org", phone: "+44 7700 900417", currency: "GBP", income: "3120.00",
			rent: "1150.00", landlord: "Camden Lettings", employer: "Harbour Logistics Ltd", friends: []string{"Tunde Bello", "Emily Clarke"},
			shops: britishShops(), crypto: true, second: "EUR", story: jamesStory,
		}
	case "cust-li":
		return life{
			locale: "zh-CN", zone: "Asia/Shanghai", country: "CN", email: "lijing88@example.cn", phone: "+86 138 0055 2716", currency: "CNY", income: "12600.00",
			rent: "4200.00", landlord: "链家租赁", employer: "杭州云帆科技有限公司", friends: []string{"赵敏", "陈晓东", "周雨桐"}, shops: chineseShops(), story: liStory,
		}
	case "cust-wang":
		return life{
			locale: "zh-CN", zone: "Asia/Shanghai", country: "CN", email: "wangqiang@example.cn", phone: "+86 139 0055 8834", currency: "CNY", income: "9800.00",
			rent: "3600.00", landlord: "自如友家", employer: "上海远洋物流", friends: []string{"刘洋", "孙丽"}, shops: chineseShops(), flags: []string{"large_type"}, story: wangStory,
		}
	case "cust-sara":
		return life{
			locale: "en-AE", zone: "Asia/Dubai", country: "AE", email: "sara.h@example.org", phone: "+971 50 555 0193", currency: "AED", income: "14500.00",
			rent: "5200.00", landlord: "Betterhomes", employer: "Gulf Design Studio", friends: []string{"Omar Haddad", "Nadia Karim"},
			shops: gulfShops(), crypto: true, second: "EUR", story: saraStory,
		}
	}
	if p.ID == "cust-nora" {
		return life{
			locale: "en-IE", zone: "Europe/Dublin", country: "IE", email: "nora.lindqvist@example.org", phone: "+353 85 555 0174", currency: "EUR", income: "2460.00",
			rent: "980.00", landlord: "Liffey Homes", employer: "Tern Studio Ltd", friends: []string{"Aoife Byrne", "Mats Lindqvist"}, shops: britishShops(), second: "USD", quiet: true,
		}
	}
	l := life{
		locale: "en-GB", zone: "Europe/London", country: "GB", email: p.ID + "@example.org", phone: "+44 7700 900" + string(rune('0'+hash(p.ID)%10)) + "31", currency: "GBP",
		income: "2600.00", rent: "900.00", landlord: "Northgate Homes", employer: "Brightwater Ltd", friends: []string{"Sam Reed", "Priya Nair"}, shops: britishShops(),
	}
	if p.Language == "zh" {
		l.locale, l.zone, l.country, l.currency, l.income, l.rent = "zh-CN", "Asia/Shanghai", "CN", "CNY", "10800.00", "3900.00"
		l.landlord, l.employer, l.friends, l.shops = "链家租赁", "深圳晨星电子", []string{"何静", "马涛"}, chineseShops()
	}
	return l
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}

// customerOf is what the wallet knows of a person.
func customerOf(p Person, l life, at wallet.Time) wallet.Customer {
	return wallet.Customer{
		ID: p.ID, Kind: wallet.Person, Name: p.Name, Locale: l.locale, TimeZone: l.zone, Jurisdiction: l.country, CreatedAt: at, RiskTier: "low", Flags: l.flags,
		KYC: wallet.KYC{Level: "full", Status: "approved"},
		Handles: []wallet.Handle{
			{Kind: wallet.HandleEmail, Value: l.email, VerifiedAt: at + 60_000_000, ChangedAt: at}, {Kind: wallet.HandlePhone, Value: l.phone, VerifiedAt: at + 90_000_000, ChangedAt: at},
		},
	}
}
