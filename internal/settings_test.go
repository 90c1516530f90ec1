package architecture_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// settings is the package whose fields are the settings.
const settings = "kefu/internal/platform/config"

// A setting that is checked and documented and that nothing reads is a promise
// that is not kept. The packages that import config are type-checked with
// everything else they import left empty, which is enough to tell whose field a
// selector names.
func TestEverySettingIsRead(t *testing.T) {
	fset := token.NewFileSet()
	config := checkPackage(fset, "platform/config", settings, onlyConfig{}, nil)
	unread := map[types.Object]string{}
	root := config.Scope().Lookup("Config")
	if root == nil {
		t.Fatal("config has no type Config")
	}
	collectSettings(config, root.Type(), "", unread)
	total := len(unread)
	if total < 50 {
		t.Fatalf("only %d settings were found", total)
	}
	err := fs.WalkDir(os.DirFS(".."), ".", func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if name := entry.Name(); dir != "." && (name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".")) {
			return fs.SkipDir
		}
		if dir == "internal/platform/config" {
			return nil
		}
		markRead(fset, filepath.Join("..", filepath.FromSlash(dir)), config, unread)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(unread) == total {
		t.Fatal("not one setting was found to be read: the test is broken")
	}
	for _, key := range unread {
		t.Errorf("nothing reads the setting %s: build what it promises, or remove it", key)
	}
}

// collectSettings lists the fields that hold a value. Types that occur twice, as
// a rate does, count once.
func collectSettings(config *types.Package, kind types.Type, prefix string, found map[types.Object]string) {
	if list, ok := kind.Underlying().(*types.Slice); ok {
		kind = list.Elem()
	}
	named, ok := kind.(*types.Named)
	if !ok || named.Obj().Pkg() != config {
		return
	}
	section, ok := named.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for field := range section.Fields() {
		found[field] = prefix + field.Name()
		collectSettings(config, field.Type(), prefix+field.Name()+".", found)
	}
}

// markRead takes the settings that the package in dir reads out of unread.
func markRead(fset *token.FileSet, dir string, config *types.Package, unread map[types.Object]string) {
	uses := map[*ast.Ident]types.Object{}
	checkPackage(fset, dir, "kefu/"+filepath.ToSlash(dir), onlyConfig{config}, uses)
	for _, used := range uses {
		delete(unread, used)
	}
}

// checkPackage type-checks the non-test files of a folder as far as it can, and
// notes what each name in them stands for. A folder that does not import config
// is passed over when uses are asked for.
func checkPackage(fset *token.FileSet, dir, importPath string, imports types.Importer, uses map[*ast.Ident]types.Object) *types.Package {
	paths, _ := filepath.Glob(filepath.Join(dir, "*.go")) // the pattern is well-formed
	var files []*ast.File
	concerned := uses == nil
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, p, nil, parser.SkipObjectResolution)
		if err != nil {
			continue // the build says so
		}
		files = append(files, file)
		for _, i := range file.Imports {
			concerned = concerned || i.Path.Value == `"`+settings+`"`
		}
	}
	if !concerned {
		return nil
	}
	checker := types.Config{Importer: imports, Error: func(error) {}} // what is left empty gives errors
	pkg, _ := checker.Check(importPath, fset, files, &types.Info{Uses: uses})
	return pkg
}

// onlyConfig imports config as it is and everything else empty.
type onlyConfig struct{ config *types.Package }

// Import implements types.Importer.
func (o onlyConfig) Import(importPath string) (*types.Package, error) {
	if importPath == settings {
		return o.config, nil
	}
	empty := types.NewPackage(importPath, path.Base(importPath))
	empty.MarkComplete()
	return empty, nil
}
