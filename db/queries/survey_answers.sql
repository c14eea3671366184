-- name: AddSurveyAnswer :execrows
-- One answer for each invitation: of two at once, the second finds the first.
insert into survey_answers (invitation_id, answers, texts, word, nps, csat, at)
values (@invitation_id, @answers, @texts, @word, sqlc.narg(nps), sqlc.narg(csat), @at)
on conflict do nothing;

-- name: GetSurveyAnswer :one
select * from survey_answers where invitation_id = @invitation_id;

-- name: CountSurveyScores :one
select count(a.nps)::bigint as nps_answers,
       count(*) filter (where a.nps >= 9)::bigint as promoters,
       count(*) filter (where a.nps <= 6)::bigint as detractors,
       count(a.csat)::bigint as csat_answers,
       count(*) filter (where a.csat >= 4)::bigint as satisfied,
       coalesce(sum(a.csat), 0)::bigint as csat_sum
from survey_answers a join survey_invitations i on i.id = a.invitation_id
where i.survey = @survey and not i.test and i.created_at >= @since and i.created_at < @until;

-- name: CountSurveyChoices :many
select q.key::text as question, v.value::text as answer, count(*)::bigint as times
from survey_answers a join survey_invitations i on i.id = a.invitation_id
     cross join lateral jsonb_each(a.answers) as q(key, value)
     cross join lateral jsonb_array_elements_text(q.value) as v(value)
where i.survey = @survey and not i.test and i.created_at >= @since and i.created_at < @until
group by 1, 2 order by 1, 2;

-- name: CountSurveyTexts :many
select q.key::text as question, count(*)::bigint as times
from survey_answers a join survey_invitations i on i.id = a.invitation_id
     cross join lateral jsonb_object_keys(a.texts) as q(key)
where i.survey = @survey and not i.test and i.created_at >= @since and i.created_at < @until
group by 1 order by 1;

-- name: CountSurveyWords :many
select a.word, count(*)::bigint as times
from survey_answers a join survey_invitations i on i.id = a.invitation_id
where i.survey = @survey and not i.test and i.created_at >= @since and i.created_at < @until
group by 1 order by 1;

-- name: ListSurveyAnswerPage :many
-- The newest first, behind a place when one is given.
select i.id, i.survey_version, i.contact_id, i.occasion, i.test, a.answers, a.texts, a.word, a.nps, a.csat, a.at
from survey_answers a join survey_invitations i on i.id = a.invitation_id
where i.survey = @survey
  and (not @before::bool or (a.at, a.invitation_id) < (@before_at::timestamptz, @before_id::uuid))
order by a.at desc, a.invitation_id desc
limit @max_rows;
