// Package manifests_test reads the Kubernetes manifests of deploy/ as the API server would, with its own types: unknown
// and misplaced fields are errors.
package manifests_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"

	"github.com/perdura/perdura/config"
)

const folder = "../../deploy/kubernetes"

var kindLine = regexp.MustCompile(`(?m)^kind: (\w+)$`)

// objects reads every object of the folder.
func objects(t *testing.T) map[string]any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	require.NoError(t, err)
	all := map[string]any{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, document := range bytes.Split(text, []byte("\n---\n")) {
			kind := string(kindLine.FindSubmatch(document)[1])
			into, known := map[string]any{
				"Namespace": &core.Namespace{}, "ConfigMap": &core.ConfigMap{}, "Service": &core.Service{}, "Deployment": &apps.Deployment{},
				"Job": &batch.Job{}, "PodDisruptionBudget": &policy.PodDisruptionBudget{}, "NetworkPolicy": &networking.NetworkPolicy{},
			}[kind]
			if kind == "Kustomization" {
				continue
			}
			require.True(t, known, "%s: kind %s", file, kind)
			require.NoError(t, yaml.UnmarshalStrict(document, into), file)
			all[filepath.Base(file)+"/"+kind] = into
		}
	}
	return all
}

func TestPodsAreRestricted(t *testing.T) {
	t.Parallel()
	for name, object := range objects(t) {
		pod := podOf(object)
		if pod == nil {
			continue
		}
		require.True(t, *pod.SecurityContext.RunAsNonRoot, name)
		require.False(t, *pod.AutomountServiceAccountToken, name)
		for _, c := range pod.Containers {
			require.False(t, *c.SecurityContext.AllowPrivilegeEscalation, name)
			require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem, name)
			require.NotEmpty(t, c.Resources.Limits.Memory().String(), name)
		}
	}
}

func podOf(object any) *core.PodSpec {
	switch o := object.(type) {
	case *apps.Deployment:
		return &o.Spec.Template.Spec
	case *batch.Job:
		return &o.Spec.Template.Spec
	}
	return nil
}

// A stop must not be cut short: steps and requests that have begun are seen through.
func TestPodsHaveTimeToStop(t *testing.T) {
	t.Parallel()
	loaded, err := config.Load(config.Sources{}, 0)
	require.NoError(t, err)
	all := objects(t)
	for _, name := range []string{"api.yaml/Deployment", "worker.yaml/Deployment"} {
		pod := podOf(all[name])
		require.Greater(t, float64(*pod.TerminationGracePeriodSeconds), 20+loaded.Config.Worker.StopTimeout.Seconds(), name)
	}
}

func TestLabelsAndPortsMeet(t *testing.T) {
	t.Parallel()
	all := objects(t)
	for _, part := range []string{"api", "worker"} {
		deployment := all[part+".yaml/Deployment"].(*apps.Deployment)
		labels := deployment.Spec.Template.Labels
		require.Equal(t, deployment.Spec.Selector.MatchLabels, labels)
		require.Equal(t, labels, all[part+".yaml/PodDisruptionBudget"].(*policy.PodDisruptionBudget).Spec.Selector.MatchLabels)
		require.Equal(t, []string{part}, deployment.Spec.Template.Spec.Containers[0].Args)
	}
	service := all["api.yaml/Service"].(*core.Service)
	require.Equal(t, all["api.yaml/Deployment"].(*apps.Deployment).Spec.Template.Labels, service.Spec.Selector)
}

// Every variable of the settings is one that Perdura knows.
func TestSettingsAreKnown(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, s := range config.Settings() {
		known[s.Env()] = true
	}
	for name := range objects(t)["settings.yaml/ConfigMap"].(*core.ConfigMap).Data {
		require.True(t, known[name], name)
	}
}
