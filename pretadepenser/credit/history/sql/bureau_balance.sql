-- How the credits in other establishments were paid month by month, one row for each client with such months.
-- The month of the application itself (0) is left out: it was not over on that day.
-- Late is the start of the published step: 1, 31, 61, 91 or 121 days. Months of unknown state say nothing.
with told as (
    select
        bureau.SK_ID_CURR,
        bureau_balance.MONTHS_BALANCE as MONTH_BEFORE,
        bureau_balance.STATUS,
        case bureau_balance.STATUS
            when '1' then 1
            when '2' then 31
            when '3' then 61
            when '4' then 91
            when '5' then 121
            when 'X' then null
            else 0
        end as LATE
    from bureau_balance
    inner join bureau on bureau_balance.SK_ID_BUREAU = bureau.SK_ID_BUREAU
    where bureau_balance.MONTHS_BALANCE < 0
),
summed as (
    select
        SK_ID_CURR,
        count(*) filter (where LATE is not null and MONTH_BEFORE >= -24) as KNOWN_RECENT,
        count(distinct case when LATE > 0 and MONTH_BEFORE >= -24 then MONTH_BEFORE end) as LATE_RECENT,
        count(*) filter (where LATE > 0) as LATE_MONTHS,
        count(*) filter (where LATE is not null and STATUS <> 'C') as PAYING_MONTHS,
        max(LATE) filter (where MONTH_BEFORE >= -24) as WORST_RECENT,
        max(LATE) as WORST
    from told
    group by SK_ID_CURR
)
select
    SK_ID_CURR,
    case when KNOWN_RECENT > 0 then cast(LATE_RECENT as double) end as BUREAU_MONTHS_LATE,
    cast(LATE_MONTHS as double) / nullif(cast(PAYING_MONTHS as double), 0) as BUREAU_LATE_SHARE,
    cast(WORST_RECENT as double) as BUREAU_WORST_RECENT,
    cast(WORST as double) as BUREAU_WORST
from summed
