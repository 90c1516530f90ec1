package config

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	"kefu/internal/platform/secret"
)

const envPrefix = "KEFU_"

// applyEnvironment puts KEFU_<PATH> variables over c: KEFU_LISTEN sets listen,
// KEFU_LOG_LEVEL sets log.level. A list is written with commas. Lists of
// sections (identity.issuers) can be written in the file only.
func applyEnvironment(c *Config, environ []string) Mistakes {
	leaves := map[string]setting{}
	names := []string{}
	for _, leaf := range root(c).leaves() {
		leaves[leaf.env()] = leaf
		names = append(names, leaf.env())
	}
	var mistakes Mistakes
	for _, name := range ourVariables(environ) {
		leaf, known := leaves[name.key]
		switch {
		case known && isSectionList(leaf):
			mistakes = append(mistakes, Mistake{name.key, "cannot be given in the environment",
				"Write " + leaf.key() + " in the configuration file"})
		case known:
			mistakes = append(mistakes, setFromEnvironment(leaf, name)...)
		case !isForeign(name.key):
			instead := "Remove it; docs/kefu.sample.yaml lists the settings"
			if near := nearest(name.key, names); near != "" {
				instead = "Write " + near + " if that is meant, or remove the variable"
			}
			mistakes = append(mistakes, Mistake{oneLine(name.key), "is not a setting", instead})
		}
	}
	return mistakes
}

type variable struct{ key, value string }

// ourVariables are those that begin with KEFU_, sorted, the last of equal names
// winning as it does for a process.
func ourVariables(environ []string) []variable {
	values := map[string]string{}
	for _, entry := range environ {
		key, value, ok := strings.Cut(entry, "=")
		if ok && strings.HasPrefix(key, envPrefix) {
			values[key] = value
		}
	}
	out := make([]variable, 0, len(values))
	for key, value := range values {
		out = append(out, variable{key, value})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].key < out[j].key })
	return out
}

// isForeign tells variables that are no settings: the master key, which package
// secret reads so that it passes through no file; those of the tests; and those
// that Kubernetes sets for a service that is called kefu.
func isForeign(key string) bool {
	for _, prefix := range []string{secret.EnvMaster, "KEFU_TEST", "KEFU_PORT", "KEFU_SERVICE_"} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

func isSectionList(s setting) bool {
	return s.value.Kind() == reflect.Slice && s.value.Type().Elem().Kind() == reflect.Struct
}

func setFromEnvironment(s setting, v variable) Mistakes {
	if s.value.Kind() == reflect.Slice {
		var list []string
		for part := range strings.SplitSeq(v.value, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
		s.value.Set(reflect.ValueOf(list))
		return nil
	}
	mistakes := setScalar(s, v.value)
	for i := range mistakes {
		mistakes[i].Key = fmt.Sprintf("%s (from %s)", s.key(), v.key)
	}
	return mistakes
}
