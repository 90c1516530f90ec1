package golden

import (
	"time"

	"kefu/internal/domain/form"
	"kefu/internal/domain/product"
)

type (
	// Shelf is what the house offers in a world, and what others say of themselves.
	Shelf struct {
		Plans  []Plan      `yaml:"plans,omitempty"`
		Claims []SaidThere `yaml:"claims,omitempty"`
	}
	// Plan is one plan, set a number of times.
	Plan struct {
		ID         string             `yaml:"id"`
		Name       form.Texts         `yaml:"name,flow"`
		About      form.Texts         `yaml:"about,flow"`
		Version    int64              `yaml:"version,omitempty"` // 1
		Changed    string             `yaml:"changed,omitempty"` // how long ago; 240h
		From       string             `yaml:"from"`
		Until      string             `yaml:"until,omitempty"`
		For        []product.Audience `yaml:"for,flow"`
		Regions    []product.Region   `yaml:"regions,omitempty,flow"`
		Currencies []string           `yaml:"currencies,flow"`
		Uses       []product.Use      `yaml:"uses,flow"`
		PayIn      []product.Way      `yaml:"pay_in,flow"`
		Traits     []product.Trait    `yaml:"traits,omitempty,flow"`
		Fees       []string           `yaml:"fees,omitempty,flow"`
	}
	// SaidThere is what somebody else says of their own wallet.
	SaidThere struct {
		Name    string        `yaml:"name"`
		Topic   product.Topic `yaml:"topic"`
		Text    form.Texts    `yaml:"text,flow"`
		Address string        `yaml:"address"`
		Seen    string        `yaml:"seen"`
	}
)

// shelf gives the plans of the world, each held to what the settings hold it to; nil where
// the world has none to read.
func (b *book) shelf() func() product.Shelf {
	if b.world.Plans == nil {
		return nil
	}
	var plans []product.Version
	for _, p := range b.world.Plans.Plans {
		v := product.Version{
			ID: p.ID, Number: max(p.Version, 1), Changed: time.UnixMicro(int64(b.back(or(p.Changed, "240h")))).UTC(),
			Plan: product.Plan{
				Name: p.Name, About: p.About, From: p.From, Until: p.Until, For: p.For, Regions: p.Regions, Currencies: p.Currencies, Uses: p.Uses, PayIn: p.PayIn, Traits: p.Traits, Fees: p.Fees,
			},
		}
		b.note(v.Validate())
		plans = append(plans, v)
	}
	var claims []product.Claim
	for _, c := range b.world.Plans.Claims {
		claim := product.Claim{Name: c.Name, Topic: c.Topic, Text: c.Text, Address: c.Address, Seen: c.Seen}
		b.note(claim.Validate())
		claims = append(claims, claim)
	}
	return func() product.Shelf { return product.NewShelf(b.now(), plans, claims) }
}

// note keeps the first thing that is wrong with the world.
func (b *book) note(err error) {
	if err != nil && b.err == nil {
		b.err = err
	}
}
