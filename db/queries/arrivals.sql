-- name: FindNewestAnswer :one
-- What a person wrote last in answer to one of these messages, after what was read before.
select i.id, i.text, coalesce(c.language, '')::text as language
from inbound_messages i
join contacts c on c.id = i.contact_id
where i.contact_id = @contact_id and i.message_id = any (@messages::uuid[]) and not i.automatic and i.keyword = ''
  and (i.received_at, i.id) > (
      coalesce((select r.received_at from inbound_messages r where r.id = @read::uuid), '-infinity'::timestamptz), @read::uuid)
order by i.received_at desc, i.id desc limit 1;
