-- What a client asked us before, one row for each who did.
-- Decisions taken by the day of the application. An application that the lender marks as not the last one for
-- its contract, or of its day, is the same one entered twice.
with told as (
    select
        SK_ID_CURR,
        NAME_CONTRACT_STATUS as ANSWER,
        CODE_REJECT_REASON as MOTIVE,
        cast(DAYS_DECISION as double) as DECIDED,
        cast(CNT_PAYMENT as bigint) as TERM,
        case when AMT_APPLICATION > 0 and AMT_CREDIT is not null then 1 else 0 end as HAS_AMOUNTS,
        cast(AMT_APPLICATION as decimal(18, 3)) as ASKED,
        cast(AMT_CREDIT as decimal(18, 3)) as GRANTED,
        case when AMT_GOODS_PRICE > 0 and AMT_DOWN_PAYMENT is not null then 1 else 0 end as HAS_PRICE,
        cast(AMT_GOODS_PRICE as decimal(18, 3)) as PRICE,
        cast(case when AMT_DOWN_PAYMENT < 0 then 0 else AMT_DOWN_PAYMENT end as decimal(18, 3)) as PAID_DOWN
    from previous_application
    where
        DAYS_DECISION <= 0
        and coalesce(FLAG_LAST_APPL_PER_CONTRACT, 'Y') = 'Y'
        and coalesce(NFLAG_LAST_APPL_IN_DAY, 1) = 1
),
summed as (
    select
        SK_ID_CURR,
        count(*) as APPLICATIONS,
        count(*) filter (where ANSWER in ('Approved', 'Unused offer')) as APPROVED,
        count(*) filter (where ANSWER = 'Refused') as REFUSED,
        count(*) filter (where ANSWER = 'Refused' and DECIDED >= -365) as REFUSED_YEAR,
        count(*) filter (where ANSWER = 'Refused' and MOTIVE = 'HC') as REFUSED_HISTORY,
        count(*) filter (where ANSWER = 'Refused' and MOTIVE in ('SCO', 'SCOFR')) as REFUSED_SCORE,
        max(DECIDED) as LAST_DECIDED,
        cast(sum(GRANTED) filter (where ANSWER = 'Approved' and HAS_AMOUNTS = 1) as double) as GRANTED,
        cast(sum(ASKED) filter (where ANSWER = 'Approved' and HAS_AMOUNTS = 1) as double) as ASKED,
        cast(sum(PAID_DOWN) filter (where ANSWER = 'Approved' and HAS_PRICE = 1) as double) as PAID_DOWN,
        cast(sum(PRICE) filter (where ANSWER = 'Approved' and HAS_PRICE = 1) as double) as PRICE,
        cast(sum(TERM) filter (where ANSWER = 'Approved' and TERM > 0) as double) as TERMS,
        cast(count(*) filter (where ANSWER = 'Approved' and TERM > 0) as double) as WITH_TERM
    from told
    group by SK_ID_CURR
)
select
    SK_ID_CURR,
    cast(APPLICATIONS as double) as PREVIOUS_COUNT,
    cast(APPROVED as double) as PREVIOUS_APPROVED,
    cast(REFUSED as double) as PREVIOUS_REFUSED,
    cast(REFUSED as double) / nullif(cast(APPROVED + REFUSED as double), 0) as PREVIOUS_REFUSED_SHARE,
    cast(REFUSED_YEAR as double) as PREVIOUS_REFUSED_YEAR,
    cast(REFUSED_HISTORY as double) as PREVIOUS_REFUSED_HISTORY,
    cast(REFUSED_SCORE as double) as PREVIOUS_REFUSED_SCORE,
    LAST_DECIDED as PREVIOUS_LAST,
    GRANTED / nullif(ASKED, 0) as PREVIOUS_GRANTED_SHARE,
    PAID_DOWN / nullif(PRICE, 0) as PREVIOUS_DOWN_PAYMENT,
    TERMS / nullif(WITH_TERM, 0) as PREVIOUS_TERM
from summed
