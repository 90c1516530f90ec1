package publishing_test

import (
	"os"
	"testing"

	"kefu/internal/domain/outbound"
	"kefu/internal/flow/publishing"
)

// What is wrong with an article that the program brings along fails the build: a fee or a
// deadline that is written by hand is wrong for somebody from the first day on.
func TestTheArticlesThatKefuComesWith(t *testing.T) {
	shipped, err := publishing.Ship(os.DirFS("../../../content/articles"), os.DirFS("../../../content/flows"), os.DirFS("../../../content/jurisdictions"))
	if err != nil {
		t.Fatal(err)
	}
	if len(shipped.Articles) == 0 {
		t.Fatal("there are none")
	}
	filter, err := outbound.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range shipped.Check(filter) {
		t.Error(p)
	}
}
