package replay

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enums "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Decode puts the payloads of h in the clear with c, failures included. Search attributes are never encoded.
func Decode(h *historypb.History, c converter.PayloadCodec) error {
	err := proxy.VisitPayloads(context.Background(), h, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
			return c.Decode(payloads)
		},
	})
	if err != nil {
		return fmt.Errorf("put the payloads of the history in the clear: check the keys: %w", err)
	}
	return nil
}

// traces are the fields that tell of the machine on which a history came about: who worked there ("pid@host") and where
// its sources lie. Replaying needs none of them.
var traces = map[protoreflect.Name]bool{"identity": true, "stack_trace": true, "binary_checksum": true, "build_id": true, "base_build_id": true}

// scrubbed is a copy of h without traces of the machine. A sticky queue, whose name holds the host's, gets the name of the
// queue that it stands for.
func scrubbed(h *historypb.History) *historypb.History {
	clean := proto.CloneOf(h)
	scrub(clean.ProtoReflect())
	return clean
}

func scrub(m protoreflect.Message) {
	if queue, ok := m.Interface().(*taskqueuepb.TaskQueue); ok && queue.GetKind() == enums.TASK_QUEUE_KIND_STICKY {
		queue.Name = queue.GetNormalName()
	}
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case traces[field.Name()]:
			m.Clear(field)
		case field.IsMap():
			if field.MapValue().Message() != nil {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					scrub(v.Message())
					return true
				})
			}
		case field.Message() == nil:
		case field.IsList():
			for i := range v.List().Len() {
				scrub(v.List().Get(i).Message())
			}
		default:
			scrub(v.Message())
		}
		return true
	})
}
