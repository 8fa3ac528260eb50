-- How the loans with us stand and were paid month by month, one row for each client who had any.
-- The month of the application itself (0) is left out: it was not over on that day. Lateness leaves out the
-- very small sums, as the lender does (SK_DPD_DEF).
with told as (
    select
        SK_ID_CURR,
        SK_ID_PREV,
        MONTHS_BALANCE as MONTH_BEFORE,
        NAME_CONTRACT_STATUS as STATE,
        cast(CNT_INSTALMENT_FUTURE as bigint) as INSTALMENTS_LEFT,
        cast(SK_DPD_DEF as bigint) as LATE
    from POS_CASH_balance
    where MONTHS_BALANCE < 0
),
latest as (
    select SK_ID_CURR, SK_ID_PREV, max(MONTH_BEFORE) as MONTH_BEFORE
    from told
    where MONTH_BEFORE >= -3
    group by SK_ID_CURR, SK_ID_PREV
),
running as (
    select told.SK_ID_CURR, told.SK_ID_PREV, max(told.INSTALMENTS_LEFT) as INSTALMENTS_LEFT
    from told
    inner join latest
        on
            told.SK_ID_CURR = latest.SK_ID_CURR
            and told.SK_ID_PREV = latest.SK_ID_PREV
            and told.MONTH_BEFORE = latest.MONTH_BEFORE
    where told.STATE = 'Active'
    group by told.SK_ID_CURR, told.SK_ID_PREV
),
standing as (
    select SK_ID_CURR, count(*) as LOANS, sum(INSTALMENTS_LEFT) as INSTALMENTS_LEFT
    from running
    group by SK_ID_CURR
),
summed as (
    select
        SK_ID_CURR,
        count(distinct case when LATE > 0 then MONTH_BEFORE end) as MONTHS_LATE,
        max(LATE) as WORST
    from told
    group by SK_ID_CURR
)
select
    summed.SK_ID_CURR,
    cast(coalesce(standing.LOANS, 0) as double) as POS_ACTIVE,
    cast(case when standing.LOANS > 0 then standing.INSTALMENTS_LEFT else 0 end as double) as POS_LEFT,
    cast(summed.MONTHS_LATE as double) as POS_MONTHS_LATE,
    cast(summed.WORST as double) as POS_WORST
from summed
left join standing on summed.SK_ID_CURR = standing.SK_ID_CURR
