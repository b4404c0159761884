package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

const (
	headerBatch       = "Nats-Batch-Id"
	headerBatchSeq    = "Nats-Batch-Sequence"
	headerBatchCommit = "Nats-Batch-Commit"
)

// batchAck is the server's answer to a batch's last message.
type batchAck struct {
	Sequence uint64 `json:"seq"` // of the last message; the others stand right before it
	Size     int    `json:"count"`
	ID       string `json:"batch"`
}

// sendBatch stores messages all or none. The first one is answered before the rest
// is sent, so that a batch the server does not want costs one message. Our own and
// not the library's: that one waits by its own clock even where ctx has ended.
func (b *Bus) sendBatch(ctx context.Context, msgs []*nats.Msg) (batchAck, error) {
	id, err := b.beginBatch(ctx, msgs)
	if err != nil {
		return batchAck{}, err
	}
	return b.commitBatch(ctx, id, msgs)
}

// beginBatch sends the first message, unless it is the last one too.
func (b *Bus) beginBatch(ctx context.Context, msgs []*nats.Msg) (id string, err error) {
	id = nuid.Next()
	for i, m := range msgs {
		m.Header.Set(headerBatch, id)
		m.Header.Set(headerBatchSeq, strconv.Itoa(i+1))
	}
	msgs[len(msgs)-1].Header.Set(headerBatchCommit, "1")
	if len(msgs) > 1 {
		_, err = b.askBatch(ctx, msgs[0])
	}
	return id, err
}

// commitBatch sends the rest; only with the last one anything is stored.
func (b *Bus) commitBatch(ctx context.Context, id string, msgs []*nats.Msg) (batchAck, error) {
	last := len(msgs) - 1
	for i := 1; i < last; i++ {
		if err := b.nc.PublishMsg(msgs[i]); err != nil {
			return batchAck{}, fmt.Errorf("send message %d of a batch: %w", i+1, err)
		}
	}
	ack, err := b.askBatch(ctx, msgs[last])
	if err == nil && (ack.ID != id || ack.Size != len(msgs)) {
		err = fmt.Errorf("answer to a batch of %d speaks of %d", len(msgs), ack.Size)
	}
	return ack, err
}

func (b *Bus) askBatch(ctx context.Context, m *nats.Msg) (ack batchAck, err error) {
	answer, err := b.nc.RequestMsgWithContext(ctx, m)
	if err != nil || len(answer.Data) == 0 { // the first message's answer is empty
		return ack, err
	}
	var got struct {
		batchAck
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &got); err != nil {
		return ack, fmt.Errorf("read the answer to a batch: %w", err)
	}
	if got.Error != nil {
		return ack, got.Error
	}
	return got.batchAck, nil
}
