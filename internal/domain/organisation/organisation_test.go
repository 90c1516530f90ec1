package organisation_test

import (
	"testing"

	"kefu/internal/domain/organisation"
	"kefu/internal/platform/fault"
)

func TestValidate(t *testing.T) {
	good := organisation.Organisation{Name: "Lime Wallet", Languages: []string{"en", "zh-Hans"}, Language: "zh-Hans", TimeZone: "Asia/Shanghai", SupportAddress: "help@lime.example"}
	for name, c := range map[string]struct {
		change func(*organisation.Organisation)
		want   string
	}{
		"good":             {func(*organisation.Organisation) {}, " "},
		"a web address":    {func(o *organisation.Organisation) { o.SupportAddress = "https://lime.example/help" }, " "},
		"no name":          {func(o *organisation.Organisation) { o.Name = "" }, "name missing"},
		"no language":      {func(o *organisation.Organisation) { o.Languages = nil }, "languages missing"},
		"a bad tag":        {func(o *organisation.Organisation) { o.Languages = []string{"zh-Hans", "EN_us"} }, "languages malformed"},
		"one twice":        {func(o *organisation.Organisation) { o.Languages = []string{"en", "zh-Hans", "en"} }, "languages taken"},
		"another default":  {func(o *organisation.Organisation) { o.Language = "fr" }, "language unknown"},
		"no zone":          {func(o *organisation.Organisation) { o.TimeZone = "" }, "time_zone unknown"},
		"the machine's":    {func(o *organisation.Organisation) { o.TimeZone = "Local" }, "time_zone unknown"},
		"a path":           {func(o *organisation.Organisation) { o.TimeZone = "../../etc/passwd" }, "time_zone unknown"},
		"a phone":          {func(o *organisation.Organisation) { o.SupportAddress = "call us" }, "support_address malformed"},
		"an open address":  {func(o *organisation.Organisation) { o.SupportAddress = "http://lime.example" }, "support_address malformed"},
		"a hidden account": {func(o *organisation.Organisation) { o.SupportAddress = "https://a:b@lime.example" }, "support_address malformed"},
		"a script":         {func(o *organisation.Organisation) { o.SupportAddress = "javascript:alert(1)" }, "support_address malformed"},
	} {
		o := good
		c.change(&o)
		err := o.Validate()
		if got := fault.FieldOf(err) + " " + fault.ReasonOf(err); got != c.want || (c.want == " ") != (err == nil) {
			t.Errorf("%s: %q (%v), want %q", name, got, err, c.want)
		}
	}
}
