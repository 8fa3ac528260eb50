-- How the credit cards with us are used and paid, one row for each client who had any.
-- The month of the application itself (0) is left out: it was not over on that day. A credit balance counts as
-- nothing owed; cash is nothing where the card did not move at all, and unknown where only its detail is missing.
with told as (
    select
        SK_ID_CURR,
        MONTHS_BALANCE as MONTH_BEFORE,
        cast(case when AMT_BALANCE < 0 then 0 else AMT_BALANCE end as decimal(18, 3)) as OWED,
        cast(AMT_CREDIT_LIMIT_ACTUAL as decimal(18, 3)) as CEILING,
        cast(
            case
                when CNT_DRAWINGS_ATM_CURRENT is not null then CNT_DRAWINGS_ATM_CURRENT
                when CNT_DRAWINGS_CURRENT = 0 then 0
            end as bigint
        ) as WITHDRAWALS,
        cast(
            case
                when AMT_DRAWINGS_ATM_CURRENT is not null then AMT_DRAWINGS_ATM_CURRENT
                when CNT_DRAWINGS_CURRENT = 0 then 0
            end as decimal(18, 3)
        ) as CASH,
        case
            when AMT_INST_MIN_REGULARITY > 0 and coalesce(AMT_PAYMENT_CURRENT, 0) < 0.99 * AMT_INST_MIN_REGULARITY
                then 1
            else 0
        end as IS_BELOW,
        cast(SK_DPD_DEF as bigint) as LATE
    from credit_card_balance
    where MONTHS_BALANCE < 0
),
latest as (
    select SK_ID_CURR, max(MONTH_BEFORE) as MONTH_BEFORE
    from told
    group by SK_ID_CURR
),
standing as (
    select
        told.SK_ID_CURR,
        cast(sum(told.CEILING) as double) as CEILING,
        cast(sum(told.OWED) filter (where told.CEILING is not null) as double) as OWED,
        cast(sum(told.CEILING) filter (where told.OWED is not null) as double) as OWED_CEILING
    from told
    inner join latest on told.SK_ID_CURR = latest.SK_ID_CURR and told.MONTH_BEFORE = latest.MONTH_BEFORE
    group by told.SK_ID_CURR
),
summed as (
    select
        SK_ID_CURR,
        count(*) filter (where MONTH_BEFORE >= -12) as RECENT,
        cast(sum(OWED) filter (where MONTH_BEFORE >= -12 and CEILING is not null) as double) as OWED,
        cast(sum(CEILING) filter (where MONTH_BEFORE >= -12 and OWED is not null) as double) as OWED_CEILING,
        cast(sum(WITHDRAWALS) filter (where MONTH_BEFORE >= -12) as double) as WITHDRAWALS,
        cast(sum(CASH) filter (where MONTH_BEFORE >= -12) as double) as CASH,
        count(distinct case when IS_BELOW = 1 and MONTH_BEFORE >= -12 then MONTH_BEFORE end) as MONTHS_BELOW,
        count(distinct case when LATE > 0 then MONTH_BEFORE end) as MONTHS_LATE
    from told
    group by SK_ID_CURR
)
select
    summed.SK_ID_CURR,
    standing.CEILING as CARD_LIMIT,
    standing.OWED / nullif(standing.OWED_CEILING, 0) as CARD_USE,
    summed.OWED / nullif(summed.OWED_CEILING, 0) as CARD_USE_YEAR,
    summed.WITHDRAWALS as CARD_WITHDRAWALS,
    summed.CASH as CARD_CASH,
    case when summed.RECENT > 0 then cast(summed.MONTHS_BELOW as double) end as CARD_BELOW_MINIMUM,
    cast(summed.MONTHS_LATE as double) as CARD_MONTHS_LATE
from summed
inner join standing on summed.SK_ID_CURR = standing.SK_ID_CURR
