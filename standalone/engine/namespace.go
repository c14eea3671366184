package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	// Namespace is where Perdura's workflows live.
	Namespace = "default"
	// retention is how long closed workflows stay readable.
	retention = 30 * 24 * time.Hour
)

// SearchAttributes are what workflows can be found by; all are keywords that hold names and opaque identifiers.
var SearchAttributes = []string{"PerduraProcess", "PerduraSubject", "PerduraStep"}

// prepare registers the namespace and the search attributes, and returns once searching by them works.
func prepare(ctx context.Context, temporal client.Client) error {
	_, err := temporal.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        Namespace,
		Description:                      "Perdura's processes",
		WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("register Temporal namespace %q: %w", Namespace, err)
	}
	wanted := map[string]enumspb.IndexedValueType{}
	for _, name := range SearchAttributes {
		wanted[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	// The server learns of a new namespace and of new attributes by reading them again every two seconds.
	query := ""
	for i, name := range SearchAttributes {
		if i > 0 {
			query += " AND "
		}
		query += name + ` = "none"`
	}
	for {
		err := register(ctx, temporal, wanted)
		if err == nil {
			_, err = temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: Namespace, Query: query})
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("register Temporal's search attributes: %w (last answer: %w)", context.Cause(ctx), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// register adds the attributes that are missing; the server refuses a request that names one it has.
func register(ctx context.Context, temporal client.Client, wanted map[string]enumspb.IndexedValueType) error {
	existing, err := temporal.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: Namespace})
	if err != nil {
		return err
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, kind := range wanted {
		if _, there := existing.CustomAttributes[name]; !there {
			missing[name] = kind
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = temporal.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: Namespace, SearchAttributes: missing,
	})
	return err
}
